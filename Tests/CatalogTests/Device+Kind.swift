import VisionTransformer

/// The figures that only one kind of device has; the test fails if the device is of the other kind.
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
