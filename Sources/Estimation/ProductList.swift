/// Products of numbers, and the least of some of them, as lists of operations on two values each: what products have in common
/// at their front is multiplied once, and nothing branches.
///
/// Evaluated in a row of values: first the factors, then the results in their order.
struct ProductList: Sendable {
  /// Places of two values that stand before their result.
  fileprivate struct Pair: Sendable, Equatable {
    var left: UInt16
    var right: UInt16

    init(_ left: Int, _ right: Int) { (self.left, self.right) = (UInt16(left), UInt16(right)) }
  }

  /// A list that is being made.
  struct Builder {
    fileprivate let factors: Int
    fileprivate var products: [Pair] = []
    fileprivate var minima: [Pair] = []

    /// - Parameter factors: How many factors there are.
    init(factors: Int) { self.factors = factors }

    /// Adds a product, to be multiplied from the left, of at least one factor; its place.
    mutating func add(product: [Int]) -> Int {
      product.dropFirst().reduce(product[0]) { left, right in
        let pair = Pair(left, right)
        if let known = products.firstIndex(of: pair) { return factors + known }
        products.append(pair)
        return factors + products.count - 1
      }
    }

    /// Adds the least of at least one value; its place. No product can be added after it.
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

  /// How many values there are.
  var count: Int { factors &+ products.count &+ minima.count }

  /// Puts the results behind the factors.
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
