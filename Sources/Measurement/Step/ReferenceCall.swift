import CKernels
import HostPlan
import TrainingStep

/// An operation that has no kernel: the interpreter runs it on the team's first thread.
///
/// No model has one today; a new primitive works at once, and becomes fast with a kernel.
struct ReferenceCall {
  private let primitive: Primitive
  private let types: (inputs: [TensorType], outputs: [TensorType])
  private let addresses: (inputs: [UnsafeMutableRawPointer], outputs: [UnsafeMutableRawPointer])
  private let sizes: AxisSizes

  init(
    _ operation: Operation, in program: Program, inputs: [UnsafeMutableRawPointer],
    outputs: [UnsafeMutableRawPointer], sizes: AxisSizes
  ) {
    primitive = operation.primitive
    types = (operation.inputs.map { program[$0].type }, operation.outputs.map { program[$0].type })
    addresses = (inputs, outputs)
    self.sizes = sizes
  }

  static let kernel: sf_kernel = { arguments, thread in
    guard let arguments, thread?.pointee.index == 0 else { return }
    arguments.assumingMemoryBound(to: ReferenceCall.self).pointee.run()
  }

  private func run() {
    let operands = zip(types.inputs, addresses.inputs).map { type, address in
      let start = address.assumingMemoryBound(to: Float.self)
      return ReferenceTensor(type, Array(UnsafeBufferPointer(start: start, count: type.elementCount(sizes))))
    }
    // A program's operands satisfy the shape rules, which were checked when it was built.
    guard let results = try? Float.evaluate(primitive, operands, sizes) else { return }
    for (result, address) in zip(results, addresses.outputs) {
      let start = address.assumingMemoryBound(to: Float.self)
      result.elements.withUnsafeBufferPointer { elements in
        if let first = elements.baseAddress { start.update(from: first, count: elements.count) }
      }
    }
  }
}
