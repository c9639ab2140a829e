import Evidence

/// The plugins that this program knows.
public enum PluginKind: String, Sendable, Hashable, CaseIterable, Codable {
  /// libtpu: compiles for every TPU, without needing one.
  case tpu
  /// XLA on this machine: compiles and runs.
  case cpu

  /// The environment that the plugin needs when it is loaded, for a compile without a device.
  ///
  /// Without the first variable, libtpu waits for a metadata server that does not exist; without the second, a lock
  /// file allows only one process to load it. The log levels are for `CompilerLog`, which reads the log from standard
  /// error. If only the memory is needed, the buffer assignment logs too, which is megabytes of text.
  func environment(_ mode: CompileMode) -> [String: String] {
    switch self {
    case .cpu: [:]
    case .tpu:
      [
        "TPU_SKIP_MDS_QUERY": "1", "ALLOW_MULTIPLE_LIBTPU_LOAD": "1", "TPU_LOG_DIR": "disabled",
        "TPU_WORKER_HOSTNAMES": "localhost", "TPU_WORKER_ID": "0", "TPU_ACCELERATOR_TYPE": "v3-8",
        "TPU_STDERR_LOG_LEVEL": "0", "TPU_MIN_LOG_LEVEL": "0",
        "TPU_VMODULE": "*remat*=1,*compiler_b*=1" + (mode == .memory ? ",*buffer_assignment*=1" : ""),
      ]
    }
  }
}
