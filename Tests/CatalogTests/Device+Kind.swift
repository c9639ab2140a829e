import VisionTransformer

/// What only one kind of device has; a failed test where it is of the other.
extension Device {
  var tpu: TPUFigures {
    get throws {
      guard case .tpu(let tpu) = kind else { throw OtherKind() }
      return tpu
    }
  }

  var host: HostFigures {
    get throws {
      guard case .host(let host) = kind else { throw OtherKind() }
      return host
    }
  }

  private struct OtherKind: Error {}
}
