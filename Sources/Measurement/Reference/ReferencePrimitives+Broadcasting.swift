import TrainingStep

extension ReferencePrimitives {
  // x (..), p (some axes of x) -> (..)
  func addBroadcast(_ x: Tensor, _ p: Tensor) -> [Scalar] {
    var y = x.elements
    AxisLoop(over: x.type.axes, [x.type.axes, p.type.axes], sizes).forEach { y[$0[0]] += p.elements[$0[1]] }
    return y
  }

  // x (..) -> (output), summed over the axes that the output lacks
  func sum(_ x: Tensor, _ output: Axes) -> [Scalar] {
    var y = [Scalar](repeating: 0, count: output.reduce(1) { $0 * sizes[$1] })
    AxisLoop(over: x.type.axes, [x.type.axes, output], sizes).forEach { y[$0[1]] += x.elements[$0[0]] }
    return y
  }

  // p (some axes of output) -> (output)
  func broadcast(_ p: Tensor, _ output: Axes) -> [Scalar] {
    var y = [Scalar](repeating: 0, count: output.reduce(1) { $0 * sizes[$1] })
    AxisLoop(over: output, [output, p.type.axes], sizes).forEach { y[$0[0]] = p.elements[$0[1]] }
    return y
  }

  // x / sqrt(d), with the root in the type of x, as Flax divides queries.
  func scaleByHeadWidth(_ x: Tensor) -> [Scalar] {
    let root = Scalar(sizes[.headWidth]).squareRoot()
    let divisor = x.type.element == .bfloat16 ? root.roundedToBFloat16 : root
    return x.elements.map { $0 / divisor }
  }

  // token (B,1,D), x (B,N,D) -> (B,1+N,D)
  func prependToken(_ token: [Scalar], _ x: [Scalar]) -> [Scalar] {
    images(ofLength: sizes[.tokens] * sizes[.width]) { b in
      image(b, of: token, length: sizes[.width]) + image(b, of: x, length: sizes[.patches] * sizes[.width])
    }
  }

  // dy (B,T,D) -> (B,T-1,D)
  func dropToken(_ dy: [Scalar]) -> [Scalar] {
    images(ofLength: sizes[.patches] * sizes[.width]) { b in
      image(b, of: dy, length: sizes[.tokens] * sizes[.width]).dropFirst(sizes[.width])
    }
  }

  // x (B,T,D) -> (B,D)
  func takeToken(_ x: [Scalar]) -> [Scalar] {
    images(ofLength: sizes[.width]) { b in
      image(b, of: x, length: sizes[.tokens] * sizes[.width]).prefix(sizes[.width])
    }
  }

  // dy (B,D) -> (B,T,D)
  func padToken(_ dy: [Scalar]) -> [Scalar] {
    let rest = [Scalar](repeating: 0, count: (sizes[.tokens] - 1) * sizes[.width])
    return images(ofLength: sizes[.tokens] * sizes[.width]) { b in image(b, of: dy, length: sizes[.width]) + rest }
  }

  // The part of one image.
  private func image(_ b: Int, of x: [Scalar], length: Int) -> ArraySlice<Scalar> { x[b * length..<(b + 1) * length] }

  // The parts of all images, concatenated.
  private func images(ofLength length: Int, _ part: (Int) -> ArraySlice<Scalar>) -> [Scalar] {
    var all: [Scalar] = []
    all.reserveCapacity(sizes[.batch] * length)
    for b in 0..<sizes[.batch] { all += part(b) }
    return all
  }

  // x (B,T,D) -> (B,D)
  func meanTokens(_ x: [Scalar]) -> [Scalar] {
    let type = TensorType([.batch, .tokens, .width], .float32)
    return sum(Tensor(type, x), [.batch, .width]).map { $0 / Scalar(sizes[.tokens]) }
  }

  // dy (B,D) -> (B,T,D)
  func meanTokensGradient(_ dy: [Scalar]) -> [Scalar] {
    let type = TensorType([.batch, .width], .float32)
    return broadcast(Tensor(type, dy), [.batch, .tokens, .width]).map { $0 / Scalar(sizes[.tokens]) }
  }
}
