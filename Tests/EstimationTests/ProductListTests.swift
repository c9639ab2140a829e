import Testing

@testable import Estimation

@Suite struct ProductListTests {
  @Test func productsAndTheLeastOfThemStandBehindTheFactors() {
    var builder = ProductList.Builder(factors: 4)
    let whole = builder.add(product: [0, 1, 2])
    let longer = builder.add(product: [0, 1, 2, 3])
    let other = builder.add(product: [0, 3])
    let least = builder.add(leastOf: [whole, longer, other])
    let itself = builder.add(leastOf: [other])
    let list = ProductList(builder)
    // Four factors; 0 x 1, x 2, x 3, and 0 x 3; two comparisons.
    #expect(list.count == 4 + 4 + 2)
    var values = [2, 3, 5, 7] + Array(repeating: 0, count: list.count - 4)
    values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      list.evaluate(start, product: { $0 * $1 }, minimum: { min($0, $1) })
    }
    #expect([whole, longer, other, least, itself].map { values[$0] } == [30, 210, 14, 14, 14])
  }

  /// A sum of floating-point numbers must come out as it did: products are multiplied in the order they are given in.
  @Test func productsAreMultipliedFromTheLeft() {
    var builder = ProductList.Builder(factors: 3)
    let place = builder.add(product: [2, 0, 1])
    let list = ProductList(builder)
    var values = [1e300, 1e-300, 1e300, 0, 0]
    values.withUnsafeMutableBufferPointer { values in
      if let start = values.baseAddress { list.evaluate(start) { $0 * $1 } }
    }
    #expect(values[place] == .infinity)
  }
}
