import VisionTransformer

/// Writes the end of the step: the all-reduce, clipping, and each parameter's optimizer update.
struct UpdateWriter {
  private let structure: StepStructure

  init(_ structure: StepStructure) { self.structure = structure }

  func write(
    _ parameters: [Value], _ b: inout ProgramBuilder
  ) throws(ShapeError) -> ([Parameter], counter: (before: Value, after: Value)?) {
    b.phase = .update
    var gradients: [Value] = []
    for parameter in parameters {
      b.scope = b.program[parameter].scope
      guard let gradient = b.gradient(of: parameter) else { continue }
      b.mark(gradient, asGradientOf: parameter)
      gradients.append(
        try b.applyAll(.allReduceMean, [gradient], role: .parameterGradient, kind: b.program[parameter].kind)[0])
    }
    if structure.gradientClipping == .globalNorm {
      let factor = try b.applyAll(.globalNormFactor, gradients, role: .parameterGradient)[0]
      for index in gradients.indices {
        b.scope = b.program[parameters[index]].scope
        gradients[index] = try b.applyAll(
          .scaleByFactor, [gradients[index], factor], role: .parameterGradient,
          kind: b.program[gradients[index]].kind)[0]
      }
    }
    b.scope = Scope(.loss)
    var counter: (before: Value, after: Value)?
    if structure.optimizer.countsSteps {
      let before = b.argument("count", TensorType([], .int32), .optimizerState)
      counter = (before, try b.applyAll(.increment, [before], role: .result)[0])
    }
    var written: [Parameter] = []
    for (parameter, gradient) in zip(parameters, gradients) {
      b.scope = b.program[parameter].scope
      let state = states(of: parameter, &b)
      let count = counter.map { [$0.after] } ?? []
      let results = try b.applyAll(state.primitive, [parameter, gradient] + state.values + count, role: .result)
      written.append(
        Parameter(
          value: parameter, gradient: gradient, state: state.values, updated: results[0],
          updatedState: Array(results.dropFirst())))
    }
    return (written, counter)
  }

  // The optimizer's state for one parameter and the primitive that updates both.
  private func states(of parameter: Value, _ b: inout ProgramBuilder) -> (primitive: Primitive, values: [Value]) {
    let info = b.program[parameter]
    func state(_ slot: String, _ axes: Axes, _ element: ElementType) -> Value {
      b.argument("\(info.name)/\(slot)", TensorType(axes, element), .optimizerState, kind: info.kind)
    }
    let axes = info.type.axes, moments = structure.optimizer.moments
    let first = moments.first.map { [state("m", axes, $0)] } ?? []
    let factored = moments.isSecondFactored ? structure.factoring.axes(of: info.type) : nil
    if let second = moments.second, let (largest, smaller) = factored {
      let row = state("v_row", axes.removing(at: largest), second)
      let column = state("v_col", axes.removing(at: smaller), second)
      return (.adafactorUpdate(reducedInRow: largest, reducedInColumn: smaller), first + [row, column])
    }
    let values = first + (moments.second.map { [state("v", axes, $0)] } ?? [])
    switch structure.optimizer {
    case .sgd: return (.sgdUpdate, values)
    case .sgdMomentum: return (.momentumUpdate, values)
    case .adam, .adamHalf: return (.adamUpdate, values)
    case .adafactor: return (.adafactorUnfactoredUpdate, values)
    }
  }
}

extension Optimizer {
  /// Whether an update needs the step count: to correct the moments for their start at zero, or for a decay that
  /// increases.
  public var countsSteps: Bool {
    switch self {
    case .sgd, .sgdMomentum: false
    case .adam, .adamHalf, .adafactor: true
    }
  }
}
