import Foundation
import Testing

@testable import EvidenceStore

/// Stores on file systems that several machines share.
@Suite struct SharedFileSystemTests {
  private let folder: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory.path(percentEncoded: false) + "shapefinder-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func error(_ mode: EvidenceStore.Mode, at name: String?) -> StoreError? {
    do throws(StoreError) {
      try EvidenceStore.open(path: folder + "/s.sqlite", mode: mode, sharedAt: { _ in name }).close()
      return nil
    } catch { return error }
  }

  @Test(
    arguments: [
      (0x6969, "NFS"), (0xFF53_4D42, "CIFS"), (0x0BD0_0BD0, "Lustre"), (0x4750_4653, "GPFS"), (0x0102_1997, "9p"),
      (0x6573_5546, "FUSE"),
    ] as [(UInt32, String)])
  func theSystemsNumbersHaveNames(type: UInt32, name: String) { #expect(SharedFileSystem.name(ofType: type) == name) }

  @Test func ext4AndTmpfsAreLocal() {
    for local in [0xEF53, 0x0102_1994, 0x9123_683E, 0x5846_5342] as [UInt32] {
      #expect(SharedFileSystem.name(ofType: local) == nil)
    }
    #expect(SharedFileSystem.name(at: "/proc") == nil)
    #expect(SharedFileSystem.name(at: folder + "/none") == nil)
  }

  @Test func aStoreThereIsNotCreatedNorWritten() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/s.sqlite"
    #expect(error(.create, at: "NFS") == .sharedFileSystem(path: path, name: "NFS"))
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(error(.create, at: nil) == nil)
    #expect(error(.readWrite, at: "Lustre") == .sharedFileSystem(path: path, name: "Lustre"))
    let said = StoreError.sharedFileSystem(path: path, name: "NFS").description
    #expect(said.contains("--output") && said.contains("--store") && said.contains("sqlite.org/wal.html"))
  }

  @Test func aFinishedOneIsReadAsItIs() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(error(.create, at: nil) == nil)
    #expect(error(.readOnly, at: "NFS") == nil)
    // What somebody is writing is not.
    try Data("log".utf8).write(to: URL(filePath: folder + "/s.sqlite-wal"))
    #expect(error(.readOnly, at: "NFS") == .sharedFileSystem(path: folder + "/s.sqlite", name: "NFS"))
  }
}
