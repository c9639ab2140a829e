import Synchronization

/// A value that is made when it is first read and then kept, whichever thread reads it.
///
/// Threads that read it first at the same time may each make it; one of theirs is kept.
final class Deferred<Value: Sendable>: Sendable {
  private final class Kept: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  private let kept = AtomicLazyReference<Kept>()
  private let make: @Sendable () throws(CatalogError) -> Value

  init(_ make: @escaping @Sendable () throws(CatalogError) -> Value) { self.make = make }

  /// The value, of a file that was not checked before.
  ///
  /// - Throws: `CatalogError`.
  func checked() throws(CatalogError) -> Value {
    if let kept = kept.load() { return kept.value }
    return kept.storeIfNil(Kept(try make())).value
  }

  /// The value, of a file that was checked: the program's own by its tests, another as the catalog was made.
  var value: Value {
    do { return try checked() } catch { fatalError("\(error)") }
  }
}
