import CKernels
import HostPlan
import VisionTransformer

/// A list of matrix products, run without anything else, each shared among the threads as well as possible.
///
/// Rows or columns of large products are split between the threads; many small products are distributed among them.
struct ProductReplay {
  private let products: [MatrixProduct]
  private let threads: Int

  init(_ products: [MatrixProduct], threads: Int) {
    self.products = products
    self.threads = threads
  }

  /// One product with its operands, as seen by a team's threads.
  private struct Item {
    var product: MatrixProduct
    var left: UnsafeMutablePointer<Float>
    var right: UnsafeMutablePointer<Float>
    /// One result for each thread.
    var results: UnsafeMutablePointer<Float>
    var stride: Int
  }

  /// Runs the list once and returns its wall time.
  ///
  /// - Throws: `MeasurementError.outOfMemory` if there is no memory for the largest operands.
  @discardableResult
  func run(_ team: OpaquePointer) throws(MeasurementError) -> Seconds {
    // Whole pages, so that no two operands share one.
    let most = products.reduce(1024) { max($0, $1.m * $1.k, $1.k * $1.n, $1.m * $1.n) } / 1024 * 1024 + 1024
    let memory = try HostMemory(byteCount: (2 + threads) * most * MemoryLayout<Float>.stride)
    let floats = memory.base.bindMemory(to: Float.self, capacity: (2 + threads) * most)
    UnsafeMutableBufferPointer(start: floats, count: 2 * most).update(repeating: 0.5)
    let items = products.map { product in
      Item(product: product, left: floats, right: floats + most, results: floats + 2 * most, stride: most)
    }
    return withExtendedLifetime(memory) {
      items.withUnsafeBufferPointer { items in
        guard let first = items.baseAddress else { return Seconds(0) }
        let calls = items.indices.map { sf_call(kernel: Self.kernel, arguments: UnsafeRawPointer(first + $0)) }
        let clock = ContinuousClock()
        let start = clock.now
        sf_team_run(team, calls, calls.count, nil)
        return Seconds((clock.now - start) / .seconds(1))
      }
    }
  }

  private static let kernel: sf_kernel = { arguments, thread in
    guard let arguments, let thread = thread?.pointee else { return }
    let item = arguments.assumingMemoryBound(to: Item.self).pointee
    let product = item.product
    let index = Int(thread.index), threads = Int(thread.count)
    let result = item.results + index * item.stride
    func share(_ count: Int) -> Range<Int> { count * index / threads..<count * (index + 1) / threads }
    var rows = 0..<product.m, columns = 0..<product.n, repeats = 0..<product.count
    if product.count >= threads {
      repeats = share(product.count)
    } else if product.m >= product.n {
      rows = share(product.m)
    } else {
      columns = share(product.n)
    }
    guard !rows.isEmpty, !columns.isEmpty else { return }
    let lda = product.transposesLeft ? product.m : product.k
    let ldb = product.transposesRight ? product.k : product.n
    let a = item.left + (product.transposesLeft ? rows.lowerBound : rows.lowerBound * lda)
    let b = item.right + (product.transposesRight ? columns.lowerBound * ldb : columns.lowerBound)
    for _ in repeats {
      sf_sgemm(
        product.transposesLeft, product.transposesRight, Int64(rows.count), Int64(columns.count), Int64(product.k), 1,
        a,
        Int64(lda), b, Int64(ldb), 0, result, Int64(columns.count))
    }
  }
}
