/// For each value of a program, the operations that read it, in order: once for every operand that it is.
public struct Readers: Sendable {
  // Where the readers of each value begin, and where the last ones end.
  private var starts: [Int]
  private var operations: [Int]

  init(_ operations: [Operation], values: Int) {
    starts = Array(repeating: 0, count: values + 1)
    for operation in operations {
      for input in operation.inputs { starts[input.index + 1] += 1 }
    }
    for value in 0..<values { starts[value + 1] += starts[value] }
    var next = starts
    self.operations = Array(repeating: 0, count: starts[values])
    for (index, operation) in operations.enumerated() {
      for input in operation.inputs {
        self.operations[next[input.index]] = index
        next[input.index] += 1
      }
    }
  }

  /// Indices of the operations that read a value.
  public subscript(value: Value) -> ArraySlice<Int> { operations[starts[value.index]..<starts[value.index + 1]] }
}
