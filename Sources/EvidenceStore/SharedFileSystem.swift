import CProcess

/// File systems that several machines share, or that another program stands behind: locks and shared memory reach no further
/// than this machine, and SQLite's write-ahead log needs both.
///
/// Source: https://sqlite.org/wal.html, "the WAL does not work over a network filesystem".
enum SharedFileSystem {
  /// Names by the number that statfs(2) gives.
  ///
  /// Sources: statfs(2); linux/magic.h; Lustre, lustre_user.h (LL_SUPER_MAGIC); IBM Storage Scale, gpfs.h; BeeGFS,
  /// SuperOps.h; coreutils, stat.c (panfs, gfs2, ocfs2).
  private static let names: [UInt32: String] = [
    0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x0BD0_0BD0: "Lustre", 0x4750_4653: "GPFS",
    0x0102_1997: "9p", 0x6573_5546: "FUSE", 0x00C3_6400: "Ceph", 0x1983_0326: "BeeGFS", 0x5346_414F: "AFS",
    0xAAD7_AAEA: "PanFS", 0x0116_1970: "GFS2", 0x7461_636F: "OCFS2",
  ]

  /// The name of a shared file system; nil for a local one.
  static func name(ofType type: UInt32) -> String? { names[type] }

  /// The name of the shared file system that a file or a folder is on; nil if it is local or unknown.
  static func name(at path: String) -> String? {
    UInt32(exactly: sfp_file_system(path)).flatMap(name(ofType:))
  }
}
