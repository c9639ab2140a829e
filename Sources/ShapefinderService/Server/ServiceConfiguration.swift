import Catalog
import EvidenceStore
import VisionTransformer
import WorkerProcess

/// What a service is made with.
package struct ServiceConfiguration: Sendable {
  /// What a service does at most; beyond, it says so.
  package struct Limits: Sendable {
    /// Configurations of one map.
    package var gridConfigurations = 400_000
    /// Bytes of a query.
    package var queryBytes = 8192
    /// Bytes of the headers of a request, its target among them.
    package var headerBytes = 65536
    /// Seconds that an answer is worked at.
    package var seconds = 30
    /// Seconds that a connection may be silent.
    package var idleSeconds = 60
    /// Connections at a time.
    package var connections = 1024
    /// Answers that are worked at or waited for at a time.
    package var waiting = 256
    /// Bytes of answers that are kept.
    package var keptBytes = 64 << 20
    /// Streams at a time.
    package var streams = 64
    /// Configurations of one sweep that enumerates.
    package var sweepConfigurations = 2_000_000
    /// Sweeps that are not over.
    package var sweeps = 64
    /// Space that the store's disk has to have left.
    package var room = EvidenceStore.leastRoom
    /// Bytes of evidence that is imported at once, and how many are at that at a time.
    package var importBytes = 32 << 20
    package var imports = 4
    /// Seconds that a stop waits for answers.
    package var stopSeconds = 10

    /// The usual limits.
    package init() {}
  }

  /// Shapes, devices and grids.
  package var catalog: Catalog
  /// The store whose evidence answers take in; nil for none.
  package var storePath: String?
  /// Version of the program.
  package var version: String
  /// The words that make a command line use the same catalog.
  package var catalogWords: [String]
  /// The words that make one use the same store, where that is not the usual one.
  package var storeWords: [String]
  /// The program, which does the sweeps.
  package var program = WorkerProgram.beside("shapefinder")
  /// What lets start and cancel sweeps; nil for none.
  package var token: AccessToken?
  /// Origins whose pages may read answers; `*` for all.
  package var origins: Set<String> = []
  /// Where requests are counted, and whatever libraries count.
  package var metrics = MetricsRegistry()
  /// Tells the space that is left in a folder.
  package var freeSpace: @Sendable (String) -> Bytes? = { EvidenceStore.freeSpace(inFolder: $0) }
  /// What it does at most.
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

  /// Whether the store is the usual one, whose folder is made for it; a path that somebody gave has to be right.
  var makesFolder: Bool { storeWords.isEmpty }

  /// Checks that the store could take in more.
  ///
  /// - Throws: `StoreError`.
  func checkRoom() throws(StoreError) {
    guard let storePath else { return }
    try EvidenceStore.checkRoom(at: storePath, makesFolder: makesFolder, least: limits.room, freeSpace: freeSpace)
  }
}
