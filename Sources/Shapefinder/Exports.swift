// One import for whoever asks: the vocabulary, the catalog, the model and what it advises. The step program, the store, the
// compiler and the kernels stay behind it.
@_exported import Catalog
@_exported import Estimation
@_exported import Selection
@_exported import VisionTransformer
