import Catalog
import EvidenceStore
import VisionTransformer
import WorkerProcess

/// The configuration of a service.
package struct ServiceConfiguration: Sendable {
  /// Limits of a service; requests that exceed one are refused with the reason.
  package struct Limits: Sendable {
    /// Largest number of configurations in one map.
    package var gridConfigurations = 400_000
    /// Most bytes of a query.
    package var queryBytes = 8192
    /// Most bytes of a request's headers, including its target.
    package var headerBytes = 65536
    /// Most seconds of calculation for one answer.
    package var seconds = 30
    /// Seconds after which an idle connection is closed.
    package var idleSeconds = 60
    /// Most connections at a time.
    package var connections = 1024
    /// Most answers that are calculated or queued at a time.
    package var waiting = 256
    /// Most bytes of answers that are kept.
    package var keptBytes = 64 << 20
    /// Most streams at a time.
    package var streams = 64
    /// Most configurations of one enumerating sweep.
    package var sweepConfigurations = 2_000_000
    /// Most unfinished sweeps.
    package var sweeps = 64
    /// Least free space on the store's disk.
    package var room = EvidenceStore.leastRoom
    /// Most bytes of evidence in one import, and most imports at a time.
    package var importBytes = 32 << 20
    package var imports = 4
    /// Seconds that a shutdown waits for answers.
    package var stopSeconds = 15

    /// The default limits.
    package init() {}
  }

  /// Shapes, devices and grids.
  package var catalog: Catalog
  /// The store whose evidence is used for answers; nil for none.
  package var storePath: String?
  /// Version of the program.
  package var version: String
  /// The arguments that make a command line use the same catalog.
  package var catalogWords: [String]
  /// The arguments that make a command line use the same store, if that is not the default store.
  package var storeWords: [String]
  /// The program that runs the sweeps.
  package var program = WorkerProgram.beside("shapefinder")
  /// The secret that permits starting and cancelling sweeps; nil for none.
  package var token: AccessToken?
  /// Origins whose pages may read answers; `*` for all origins.
  package var origins: Set<String> = []
  /// The registry for metrics of requests and of libraries.
  package var metrics = MetricsRegistry()
  /// Returns the free space on a folder's disk.
  package var freeSpace: @Sendable (String) -> Bytes? = { EvidenceStore.freeSpace(inFolder: $0) }
  /// The limits of the service.
  package var limits = Limits()

  /// A configuration.
  package init(
    catalog: Catalog, storePath: String?, version: String, catalogWords: [String] = [], storeWords: [String] = []
  ) {
    self.catalog = catalog
    self.storePath = storePath
    self.version = version
    self.catalogWords = catalogWords
    self.storeWords = storeWords
  }

  /// Whether a text can be one of `origins`.
  package static func isOrigin(_ text: String) -> Bool { CrossOrigin.isOrigin(text) }

  /// Whether the store is the default one, whose folder is created if needed; an explicit path must exist.
  var makesFolder: Bool { storeWords.isEmpty }

  /// Checks that the store has room for more.
  ///
  /// - Throws: `StoreError`.
  func checkRoom() throws(StoreError) {
    guard let storePath else { return }
    try EvidenceStore.checkRoom(at: storePath, makesFolder: makesFolder, least: limits.room, freeSpace: freeSpace)
  }
}
