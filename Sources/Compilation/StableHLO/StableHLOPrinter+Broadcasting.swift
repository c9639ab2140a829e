import TrainingStep

extension StableHLOPrinter {
  // p (some axes of `type`, or a single position) repeated over `type`.
  private mutating func spread(_ p: Value, over value: Value) -> StableHLOTensor {
    let given = program[p].type.axes, wanted = program[value].type.axes
    let target = StableHLOType(wanted.map { sizes[$0] }, StableHLOType.Element(program[p].type.element))
    // A single position aligns with one of the target's own or, counted from the front, with another axis.
    var places: [Int] = []
    for (index, axis) in given.enumerated() {
      let place = axis == .one ? index : wanted.firstIndex(of: axis) ?? index
      places.append(place)
    }
    return writer.broadcast(tensor(p), target, places)
  }

  // x (..), p (some axes of x) -> (..). A convolution adds its bias before its result becomes a list of patches, which
  // decides the layout of everything after it.
  mutating func addBroadcast(_ x: Value, _ p: Value) -> StableHLOTensor {
    if let grid = grids[x], program[p].type.axes == [.width] {
      let sum = writer.binary("add", grid, writer.broadcast(tensor(p), grid.type, [3]))
      return writer.reshape(sum, type(x).shape)
    }
    let x0 = tensor(x)
    let repeated = spread(p, over: x)
    return writer.binary("add", x0, repeated)
  }

  // A gradient in two parts is added part by part, as JAX does.
  mutating func add(_ x: Value, _ y: Value) -> StableHLOTensor {
    if tensors[y.index] == nil, let (first, second) = parts[y] {
      let sum = writer.binary("add", tensor(x), first)
      return writer.binary("add", sum, second)
    }
    let x0 = tensor(x)
    return writer.binary("add", x0, tensor(y))
  }

  // p (some axes of output) -> (output)
  mutating func broadcast(_ p: Value, _ output: Value) -> StableHLOTensor {
    let given = program[p].type, wanted = program[output].type
    if given.elementCount(sizes) == wanted.elementCount(sizes) {
      return writer.reshape(tensor(p), type(output).shape)
    }
    return spread(p, over: output)
  }

  // x (..) -> (output), summed over the axes that the output lacks
  mutating func sum(_ x: Value, _ output: Value) -> StableHLOTensor {
    let given = program[x].type.axes, kept = program[output].type.axes
    let shape = type(output).shape
    let missing = given.indices.filter { given[$0] == .one ? false : !kept.contains(given[$0]) }
    if missing.isEmpty { return writer.reshape(tensor(x), shape) }
    return writer.reshape(writer.reduce(tensor(x), missing), shape)
  }

  // x / sqrt(d), with the root in the type of x.
  mutating func scaleByHeadWidth(_ x: StableHLOTensor) -> StableHLOTensor {
    let width = writer.scalar(Double(sizes[.headWidth]), .float32)
    let root = writer.convert(writer.unary("sqrt", width), x.type.element)
    return writer.binary("divide", x, writer.broadcast(root, x.type, []))
  }

  // token (B,1,D), x (B,N,D) -> (B,1+N,D)
  mutating func prependToken(
    _ token: StableHLOTensor, _ x: StableHLOTensor, _ type: StableHLOType
  ) -> StableHLOTensor {
    writer.emit("concatenate", [token, x], type, attributes: "dimension = 1 : i64")
  }

  // dy (B,T,D) -> (B,T-1,D)
  mutating func dropToken(_ dy: StableHLOTensor) -> StableHLOTensor {
    writer.slice(dy, from: [0, 1, 0], to: dy.type.shape)
  }

  // x (B,T,D) -> (B,D)
  mutating func takeToken(_ x: StableHLOTensor) -> StableHLOTensor {
    let shape = x.type.shape
    return writer.reshape(writer.slice(x, from: [0, 0, 0], to: [shape[0], 1, shape[2]]), [shape[0], shape[2]])
  }

  // dy (B,D) -> (B,T,D), zero except for the first token
  mutating func padToken(_ dy: StableHLOTensor, _ type: StableHLOType) -> StableHLOTensor {
    let shape = type.shape
    let token = writer.broadcast(dy, StableHLOType([shape[0], 1, shape[2]], type.element), [0, 2])
    return writer.emit(
      "pad", [token, writer.scalar(0, type.element)], type,
      attributes: "edge_padding_low = array<i64: 0, 0, 0>, edge_padding_high = array<i64: 0, \(shape[1] - 1), 0>, "
        + "interior_padding = array<i64: 0, 0, 0>")
  }

  // x (B,T,D) -> (B,D), summed and divided in float32
  mutating func meanTokens(_ x: StableHLOTensor) -> StableHLOTensor {
    let sum = writer.reduce(writer.convert(x, .float32), [1])
    let mean = writer.binary("divide", sum, writer.fill(Double(sizes[.tokens]), sum.type))
    return writer.convert(mean, x.type.element)
  }

  // dy (B,D) -> (B,T,D)
  mutating func meanTokensGradient(_ dy: StableHLOTensor, _ type: StableHLOType) -> StableHLOTensor {
    let wide = writer.convert(dy, .float32)
    let share = writer.binary("divide", wide, writer.fill(Double(sizes[.tokens]), wide.type))
    return writer.convert(writer.broadcast(share, type.with(.float32), [0, 2]), type.element)
  }
}
