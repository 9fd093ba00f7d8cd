"""How networks learn: the loop, its losses, and what lets it resume, feed itself and spread over processes."""
