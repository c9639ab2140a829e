import Evidence

extension CompilerOptions {
  /// The options as a `CompileOptionsProto`.
  ///
  /// Device -1, one replica, `partitions` partitions assigned to the devices 0, 1, 2, ...; SPMD where there are several; no
  /// sharding is propagated to arguments or outputs. The bytes are those of JAX but for its long list of debug options, all
  /// defaults.
  ///
  /// Source: openxla/xla, xla/pjrt/compile_options.proto; JAX 0.6.2, `CompileOptions.SerializeAsString()`.
  func serialized(argumentCount: Int) -> [UInt8] {
    var options = ProtobufWriter()
    if tupledArguments ?? (argumentCount > Self.mostSeparateArguments) { options.boolean(2, true) }
    options.message(3) { build in
      build.integer(1, -1)
      build.integer(4, 1)
      build.integer(5, partitions)
      if partitions > 1 { build.boolean(6, true) }
      build.message(9) { assignment in
        assignment.integer(1, 1)
        assignment.integer(2, partitions)
        for device in 0..<partitions { assignment.message(3) { $0.integers(1, [device]) } }
      }
      build.integers(12, [0])
      build.integers(18, [0])
      build.integer(25, memoryFittingLevel)
    }
    for (name, value) in overrides.sorted(by: { $0.key < $1.key }) {
      options.message(7) { entry in
        entry.data(1, name.utf8)
        entry.message(2) { override in
          switch value {
          case .string(let text): override.data(1, text.utf8)
          case .boolean(let truth): override.boolean(2, truth)
          case .integer(let number): override.integer(3, number)
          case .number(let number): override.double(4, number)
          case .integers(let list): override.data(1, list.map { "\($0)" }.joined(separator: ",").utf8)
          }
        }
      }
    }
    return options.bytes
  }
}
