import Evidence
import Testing

@testable import Compilation

/// Programs as others export them: `Golden/exported` has one step of JAX 0.12 for eight devices, as text and as bytecode.
struct ExportedProgramTests {
  private static func exported(_ name: String) throws -> [UInt8] { try BuildFolder.golden("exported/" + name) }

  @Test(arguments: [
    ("shardy.mlir", true), ("shardy.mlirbc", true), ("shardy-portable.mlirbc", true), ("gspmd.mlir", false),
    ("gspmd.mlirbc", false),
  ])
  func aModuleSaysItsPartitionsAndWhichPartitionerTheyAreFor(file: String, usesShardy: Bool) throws {
    let program = try CompileProgram(reading: Self.exported(file))
    #expect(program.partitions == 8 && program.replicas == 1 && program.usesShardy == usesShardy)
    #expect(program.argumentCount == 2)
    #expect(program == CompileProgram(try Self.exported(file)))
    #expect(try CompileProgram(reading: Self.exported(file), partitions: 8).partitions == 8)
  }

  @Test(arguments: [
    (#"module { sdy.mesh @mesh = <["data"=8]> }"#, 8, true),
    (#"module { sdy.mesh @"a mesh" = <["data"=2, "model"=4], device_ids=[7, 6, 5, 4, 3, 2, 1, 0]> }"#, 8, true),
    ("module { sdy.mesh @empty = <[]> sdy.mesh @maximal = <[], device_ids=[0]> }", 1, true),
    (#""builtin.module"() ({ "sdy.mesh"() <{mesh = #sdy.mesh<["data"=4]>, sym_name = "mesh"}> : () -> () })"#, 4, true),
    (#"module { func.func @main(%a: tensor<8xf32> {sdy.sharding = #sdy.sharding<mesh<["x"=2]>, [{"x"}]>}) }"#, 2, true),
    // Of JAX 0.6: text with escapes, for a compiler that does not read the dialect.
    (
      #"module attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\22data\22=8]>}"}} {}"#, 8,
      true
    ),
    ("module { stablehlo.custom_call @xla.sdy.FuncResultSharding(%0) }", 1, true),
    (
      #"module { func.func @main(%a: tensor<8xf32> {mhlo.sharding = "{devices=[4,1,2]<=[8] last_tile_dim_replicate}"}) }"#,
      8, false
    ),
    (#"module { func.func @main(%a: tensor<8xf32> {mhlo.sharding = "{replicated}"}) }"#, 1, false),
    ("module attributes {mhlo.num_partitions = 2 : i32} { // sdy.mesh\n }", 2, false),
    (#"module { func.func @main(%a: tensor<8xf32> {x = "sdy.mesh @mesh = <[\"data\"=8]>"}) }"#, 1, false),
  ])
  func partitionsAreThoseOfTheMeshOrTheShardingsWhereNoAttributeHasThem(text: String, partitions: Int, usesShardy: Bool)
    throws
  {
    let program = try CompileProgram(reading: Array(text.utf8))
    #expect(program.partitions == partitions && program.usesShardy == usesShardy)
  }

  @Test func replicasAreCoresToo() throws {
    let text = "module attributes {mhlo.num_partitions = 4 : i32, mhlo.num_replicas = 2 : i32} {}"
    let program = try CompileProgram(reading: Array(text.utf8))
    #expect(program.partitions == 4 && program.replicas == 2 && program.cores == 8)
    #expect(CompilerOptions().compiling(program).cores == 8)
  }

  @Test(arguments: [
    ("tensor<?x3x224x224xf32>", ProgramError.openShape(type: "tensor<?x3x224x224xf32>", line: 2)),
    ("tensor<8x?xbf16>", .openShape(type: "tensor<8x?xbf16>", line: 2)),
    ("tensor<*xf32>", .openShape(type: "tensor<*xf32>", line: 2)),
    ("!vhlo.tensor_v1<?x!vhlo.f32_v1>", .openShape(type: "vhlo.tensor_v1<?x!vhlo.f32_v1>", line: 2)),
    ("dense_resource<__elided__> : tensor<4xf32>", .omittedValues(line: 2)),
    ("dense<__elided__> : tensor<4xf32>", .omittedValues(line: 2)),
    ("dense<...> : tensor<4xf32>", .omittedValues(line: 2)),
    (#"opaque<"elided_large_const", "0xDEADBEEF"> : tensor<4xf32>"#, .omittedValues(line: 2)),
    (#"{-# dialect_resources: { builtin: { w: "__ELIDED__" } } #-}"#, .omittedValues(line: 2)),
    ("mhlo.num_partitions = 0 : i32", .impossible(attribute: "mhlo.num_partitions", value: 0)),
    ("mhlo.num_partitions = -8 : i32", .impossible(attribute: "mhlo.num_partitions", value: -8)),
    ("mhlo.num_replicas = 99999999999999999999", .impossible(attribute: "mhlo.num_replicas", value: .max)),
    (
      #"mhlo.num_partitions = 4, sdy.mesh @mesh = <["data"=8]>"#,
      .meshAgainstPartitions(devices: 8, partitions: 4)
    ),
  ])
  func whatNoCompilerTakesSaysWhatToExport(text: String, error: ProgramError) {
    let thrown = #expect(throws: ProgramError.self) { try CompileProgram(reading: Array("module {\n\(text)\n}".utf8)) }
    #expect(thrown == error)
    #expect(thrown?.description.contains("\n") == false)
  }

  @Test(arguments: [
    "tensor<?x4xf32, #stablehlo.bounds<16, ?>>", "tensor<?xf32, #stablehlo.type_extensions<bounds = [4]>>",
    #"loc("tensor<?xf32> dense<...>")"#, "// tensor<?xf32>", "dense<[[1.0]]> : tensor<1x1xf32>", "tensor<f32>",
    "tensor<",
    "\"", "mhlo.num_partitions", "mhlo.num_partitions = ", "sdy.mesh @", "sdy.mesh @mesh = <[", "xla.sdy.meshes = \"",
  ])
  func whatOnlyLooksLikeThatIsTaken(text: String) throws {
    #expect(try CompileProgram(reading: Array("module {\n\(text)".utf8)).partitions == 1)
  }

  @Test func openShapesOfBytecodeAreKnown() throws {
    let error = #expect(throws: ProgramError.self) {
      try CompileProgram(reading: Self.exported("open-portable.mlirbc"))
    }
    #expect(error == .openShape(type: "tensor<?>", line: nil))
  }

  @Test func partitionsAgainstTheModuleAreRefused() throws {
    for (text, source) in [
      ("mhlo.num_partitions = 8 : i32", ProgramError.PartitionSource.attribute),
      (#"sdy.mesh @mesh = <["data"=8]>"#, .mesh), (#"mhlo.sharding = "{devices=[8,1]<=[8]}""#, .sharding),
    ] {
      let error = #expect(throws: ProgramError.self) {
        try CompileProgram(reading: Array("module { \(text) }".utf8), partitions: 4)
      }
      #expect(error == .partitionsAgainstModule(given: 4, module: 8, source: source))
    }
    #expect(throws: ProgramError.partitionsAgainstModule(given: 1, module: 8, source: .attribute)) {
      try CompileProgram(reading: Self.exported("shardy.mlirbc"), partitions: 1)
    }
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 8, 0], "gunzip"), ([0x50, 0x4B, 3, 4, 0], "zip archive"), ([0xFF, 0xFE, 0x6D, 0], "UTF-16"),
      (Array("\n HloModule jit_f, entry_computation_layout={}".utf8), "it is HLO"),
      (Array("{ lambda ; a:f32[8]. let b:f32[8] = tanh a in (b,) }".utf8), "jaxpr"),
      // `HloModuleProto`: name, name of the entry computation.
      ([0x0A, 5] + Array("jit_f".utf8) + [0x12, 4] + Array("main".utf8), "protocol buffer of HLO"),
      ([0x0A, 13, 0x0A, 5] + Array("jit_f".utf8) + [0x12, 4] + Array("main".utf8), "protocol buffer of HLO"),
      ([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + Array("MLïR".utf8), "neither the text nor the bytecode"),
      (Array("<html>".utf8), "neither the text nor the bytecode"),
      (Array("{}".utf8), "neither the text nor the bytecode"),
    ] as [([UInt8], String)])
  func filesThatAreNotModulesAreIdentified(bytes: [UInt8], words: String) {
    let error = #expect(throws: ProgramError.self) { try CompileProgram(reading: bytes) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test func aSerializedExportSaysWhichPartOfItToWrite() throws {
    let error = #expect(throws: ProgramError.self) { try CompileProgram(reading: Self.exported("exported.jax")) }
    #expect(error == .noModule(ProgramFormat.Kind.jaxExport.advice))
  }

  @Test func aMarkOfTheOrderOfBytesIsDropped() throws {
    let program = try CompileProgram(reading: [0xEF, 0xBB, 0xBF] + Array("module {}".utf8))
    #expect(program.bytes == Array("module {}".utf8))
  }

  @Test func bytecodeThatIsCutOrChangedIsReadOrNotAndNothingElse() throws {
    for name in ["shardy.mlirbc", "shardy-portable.mlirbc"] {
      let bytes = try Self.exported(name)
      let whole = try #require(ModuleBytecode.facts(bytes))
      // The last section has nothing that is read.
      for end in bytes.indices {
        let facts = ModuleBytecode.facts(Array(bytes[..<end]))
        #expect(facts == nil || facts == whole)
      }
      var understood = 0
      for place in bytes.indices {
        for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
          var changed = bytes
          changed[place] = value
          if ModuleBytecode.facts(changed) != nil { understood += 1 }
        }
      }
      #expect(understood > 0)
    }
    #expect(throws: ProgramError.unreadBytecode) { try CompileProgram(reading: ModuleBytecode.magic + [0xFF]) }
    #expect(try CompileProgram(reading: ModuleBytecode.magic + [0xFF], partitions: 4).partitions == 4)
  }

  @Test func textThatIsCutIsRead() throws {
    let bytes = try Self.exported("shardy.mlir")
    let known = bytes.indices.map { ModuleText.facts(Array(bytes[..<$0])).statedPartitions }
    #expect(known.first == .some(nil) && known.last == 8)
  }

  @Test func theOptionsForShardyAndForReplicasAreThoseOfJAX() {
    // JAX 0.6.2, from the number of replicas on, less the process count, which is the default.
    let shardy = CompilerOptions(partitions: 8, usesShardy: true).serialized(argumentCount: 2)
    let assignment: [UInt8] =
      [0x4A, 0x2C, 0x08, 0x01, 0x10, 0x08] + (0..<8).flatMap { [0x1A, 0x03, 0x0A, 0x01, UInt8($0)] }
    let ending: [UInt8] = [0x62, 0x01, 0x00, 0x92, 0x01, 0x01, 0x00]
    #expect(
      shardy.suffix(8 + assignment.count + ending.count + 4)
        == [0x20, 0x01, 0x28, 0x08, 0x30, 0x01] + assignment + ending + [0x98, 0x01, 0x01, 0xC8, 0x01, 0x1D])
    let replicas = CompilerOptions(partitions: 4, replicas: 2).serialized(argumentCount: 2)
    let pairs: [UInt8] = (0..<4).flatMap { [0x1A, 0x04, 0x0A, 0x02, UInt8($0), UInt8($0 + 4)] }
    #expect(
      replicas.suffix(6 + 6 + pairs.count + ending.count + 3)
        == [0x20, 0x02, 0x28, 0x04, 0x30, 0x01, 0x4A, 0x1C, 0x08, 0x02, 0x10, 0x04] + pairs + ending + [
          0xC8, 0x01, 0x1D,
        ])
    // What was stored before is known by the same options.
    #expect(!CompilerOptions(partitions: 8).json.contains("usesShardy"))
  }

  @Test(arguments: [
    (
      "during context [pre-optimization]: Unbounded dynamism is disabled for instruction: %Arg_2.9 = f32[?,256]{1,0}",
      "not every shape is fixed"
    ),
    (
      "-:6:138: error: unknown StableHLO attribute\n<unknown>:0: error: Failed to parse using StableHLO v1.10.10, this could",
      "newer than this compiler"
    ),
    (
      "-:3:10: error: Dialect `torch' not found for custom op 'torch.aten.tanh' \n-:3:10: note: Registered dialects: arith",
      "lower it to StableHLO first"
    ),
    (
      "-:7:10: error: custom op 'stablehlo.broa' is unknown\n<unknown>:0: error: Failed to parse using StableHLO v1",
      "cut short"
    ),
    (
      "-:1:1: error: conversion requires module with `main` function\n-:1:1: note: see current operation: \n\"builtin.module\"",
      "no function `main`"
    ),
    (
      "Custom emitter for lapack_sgeqrf_ffi not found\n\t\nSuspected Python Code Location:\n  -:7",
      "lowering_platforms=(\"tpu\",)"
    ),
    ("something else", "the compiler does not take the program: something else"),
  ])
  func aRefusalSaysWhatToDo(message: String, words: String) {
    let text = "\(Refusal(PJRTError(.invalidArgument, message)))"
    #expect(text.contains(words), "\(text)")
    #expect(!text.contains("\n") && !text.contains("note:"), "\(text)")
  }
}
