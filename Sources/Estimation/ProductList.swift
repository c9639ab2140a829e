/// Products of numbers, and minima of some of them, as a branch-free list of operations on two values each; common
/// prefixes of products are multiplied once.
///
/// Evaluated in one row of values: the factors, followed by the results in order.
struct ProductList: Sendable {
  /// Indices of two operands, both before their result.
  fileprivate struct Pair: Sendable, Equatable {
    var left: UInt16
    var right: UInt16

    init(_ left: Int, _ right: Int) { (self.left, self.right) = (UInt16(left), UInt16(right)) }
  }

  /// Builds a list.
  struct Builder {
    fileprivate let factors: Int
    fileprivate var products: [Pair] = []
    fileprivate var minima: [Pair] = []

    /// - Parameter factors: Number of factors.
    init(factors: Int) { self.factors = factors }

    /// Adds a product of at least one factor, multiplied from the left, and returns its index.
    mutating func add(product: some Sequence<Int>) -> Int {
      var result: Int?
      for factor in product {
        guard let left = result else {
          result = factor
          continue
        }
        let pair = Pair(left, factor)
        let known = products.firstIndex(of: pair)
        if known == nil { products.append(pair) }
        result = factors + (known ?? products.count - 1)
      }
      return result ?? 0
    }

    /// Adds the minimum of at least one value and returns its index. No product can be added after it.
    mutating func add(leastOf places: [Int]) -> Int {
      var left = places[...]
      while let first = left.popFirst() {
        guard let second = left.popFirst() else { return first }
        let pair = Pair(first, second)
        if !minima.contains(pair) { minima.append(pair) }
        left.append(factors + products.count + (minima.firstIndex(of: pair) ?? 0))
      }
      return places[0]
    }
  }

  private let factors: Int
  private let products: Table<Pair>
  private let minima: Table<Pair>

  init(_ builder: Builder) {
    factors = builder.factors
    products = Table(builder.products)
    minima = Table(builder.minima)
  }

  /// Number of values.
  var count: Int { factors &+ products.count &+ minima.count }

  /// Writes the results after the factors.
  @inline(__always)
  func evaluate<Number>(
    _ values: UnsafeMutablePointer<Number>, product: (Number, Number) -> Number,
    minimum: (Number, Number) -> Number = { first, _ in first }
  ) {
    var result = values + factors
    for pair in products {
      result.pointee = product(values[Int(pair.left)], values[Int(pair.right)])
      result += 1
    }
    for pair in minima {
      result.pointee = minimum(values[Int(pair.left)], values[Int(pair.right)])
      result += 1
    }
  }
}
