import Synchronization

/// A value that is made when first read and then kept; any thread may read it.
///
/// Threads that read it for the first time at once may each make it; only one result is kept.
final class Deferred<Value: Sendable>: Sendable {
  private final class Kept: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  private let kept = AtomicLazyReference<Kept>()
  private let make: @Sendable () throws(CatalogError) -> Value

  init(_ make: @escaping @Sendable () throws(CatalogError) -> Value) { self.make = make }

  /// The value of a file that has not been checked before.
  ///
  /// - Throws: `CatalogError`.
  func checked() throws(CatalogError) -> Value {
    if let kept = kept.load() { return kept.value }
    return kept.storeIfNil(Kept(try make())).value
  }

  /// The value of a file that has been checked: a bundled one by the tests, any other when the catalog was made.
  var value: Value {
    do { return try checked() } catch { fatalError("\(error)") }
  }
}
