extension Configuration {
  /// A note on the pixels that no patch covers; nil if the patch divides the image.
  public var droppedPixelsNote: String? {
    guard droppedPixels > 0 else { return nil }
    return "\(imageSize) px at patch \(shape.patch): \(patchesPerSide) x \(patchesPerSide) tokens; the last "
      + "\(droppedPixels) px of each side are dropped, as a VALID convolution does"
  }
}
