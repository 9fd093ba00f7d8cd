"""The one exception that users meet."""


class SgbenchError(Exception):
    """Bad input, configuration or data.

    The message is one or a few plain lines: what is wrong, in which file or key, and what to do. Entry points
    print it without a traceback and end with status 1.
    """
