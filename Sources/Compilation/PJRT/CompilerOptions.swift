import Evidence

extension CompilerOptions {
  /// These options with the partitions, replicas and partitioner of `program`.
  package func compiling(_ program: CompileProgram) -> CompilerOptions {
    var options = self
    options.partitions = program.partitions
    options.replicas = program.replicas > 1 ? program.replicas : nil
    options.usesShardy = program.usesShardy ? true : nil
    return options
  }

  /// The options as a `CompileOptionsProto`.
  ///
  /// Device -1; the partitions of the first replica are assigned to devices 0, 1, 2, ..., those of the next replica to
  /// the devices after them; SPMD if there are several partitions or Shardy's shardings; no sharding is propagated to
  /// arguments or outputs. The bytes equal JAX's, except for its long list of debug options, which all have default
  /// values.
  ///
  /// Source: openxla/xla, xla/pjrt/proto/compile_options.proto, `ExecutableBuildOptionsProto`: `num_replicas` = 4,
  /// `num_partitions` = 5, `use_spmd_partitioning` = 6, `device_assignment` = 9, `use_shardy_partitioner` = 19; JAX 0.6.2,
  /// `CompileOptions.SerializeAsString()`.
  func serialized(argumentCount: Int) -> [UInt8] {
    var options = ProtobufWriter()
    if tupledArguments ?? (argumentCount > Self.mostSeparateArguments) { options.boolean(2, true) }
    options.message(3) { build in
      build.integer(1, -1)
      let replicas = max(1, replicas ?? 1), usesShardy = usesShardy ?? false
      build.integer(4, replicas)
      build.integer(5, partitions)
      if partitions > 1 || usesShardy { build.boolean(6, true) }
      build.message(9) { assignment in
        assignment.integer(1, replicas)
        assignment.integer(2, partitions)
        for partition in 0..<partitions {
          assignment.message(3) { $0.integers(1, (0..<replicas).map { $0 * partitions + partition }) }
        }
      }
      build.integers(12, [0])
      build.integers(18, [0])
      if usesShardy { build.boolean(19, true) }
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
