"""The weights that training starts from, where a source's differ from PyTorch's."""

from torch import nn


def as_keras(network: nn.Module) -> None:
    """Set the layers of a network as Keras does: weights by Glorot & Bengio 2010, uniform, and biases 0; in place.

    PyTorch's own weights are smaller, by a factor of 1.7 where a layer has as many inputs as outputs, and its biases
    are not 0; an autoencoder with a narrow bottleneck of ReLU then dies more often.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
