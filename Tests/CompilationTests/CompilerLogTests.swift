import Evidence
import Testing
import VisionTransformer

@testable import Compilation

/// The words of three generations of libtpu, as their logs and errors have them.
struct CompilerLogTests {
  private func log(_ text: String) -> CompilerLog {
    var log = CompilerLog()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { log.take(Array(line.utf8)) }
    return log
  }

  @Test func theLogOf0_0_17_1TellsPeakLimitAndFloor() {
    let log = log(
      """
      I1125 09:43:48.739129    2882 b295d63588a.cc:864] Build label: libtpu_lts_20251030_b455922191_RC05
      I1125 09:48:03.079615    5582 hlo_rematerialization.cc:2849] HloRematerialization() with memory limit of 12.33GiB
      I1125 09:48:03.083969    5582 hlo_rematerialization.cc:2887] Adjusted memory limit accounting for output (133.27MiB): 12.20GiB
      I1125 09:48:03.086649    5582 hlo_rematerialization.cc:2971] Peak memory usage of module (before): 51.05GiB
      I1125 09:48:03.112624    5582 hlo_rematerialization.cc:2814] In computation main.4236_spmd rematerialized 110 instructions; 108 net instructions added
      I1125 09:48:03.115839    5582 hlo_rematerialization.cc:3001] Rematerialized 110 instructions in module jit_step; 108 net instructions added
      I1125 09:48:03.115866    5582 hlo_rematerialization.cc:3007] Peak memory usage of module now 31.87GiB (34218382336 bytes), was 51.05GiB (54812400640 bytes)
      W1125 09:48:03.115878    5582 hlo_rematerialization.cc:3023] Can't reduce memory use below 12.33GiB (13236178534 bytes) by rematerialization; only reduced to 31.87GiB (34218382336 bytes), down from 51.05GiB (54812400640 bytes) originally
      I1125 09:48:03.127258    5582 2a886c8_compiler_base.cc:6685] XLA::TPU post optimization rematerialization limit 12.33G = 95% hbm (14.71G) - (arguments (2.44G) - aliased_output(133.19M)) - overlays (70.66M)
      """)
    #expect(log.livePeak == Bytes(54_812_400_640))
    #expect(log.rematerializationLimit == Bytes(13_236_178_534))
    #expect(log.peakAfter == Bytes(34_218_382_336))
    #expect(log.rematerializedInstructions == 110)
    #expect(log.floorReached)
    #expect(log.arguments == Bytes(2_619_930_051))
    #expect(log.aliased == Bytes(139_659_837))
    #expect(log.overlayEstimate == Bytes(74_092_380))
    #expect(log.buildLabel == "libtpu_lts_20251030_b455922191_RC05")
    #expect(!log.isMemoryKnown)
  }

  @Test(arguments: [
    "I1125 09:46:29.445120    5022 deepsea_compiler_hlo_passes.cc:6905] HLO_PASSES stage duration: 327.907942ms",
    "I1125 09:48:03.139827    5582 2a886c8_compiler_base.cc:6170] XLA::TPU HLO PostOptimizationPipeline time: 257 ms (cumulative: 257 ms, max: 257 ms, #called: 1)",
  ])
  func theMemoryIsKnownAfterTheBufferAssignment(passes: String) {
    var log = log(
      """
      I1125 09:46:29.428457    5022 hlo_rematerialization.cc:3728] HloRematerialization() with memory limit of 14.66GiB
      I1125 09:46:29.437031    5022 hlo_rematerialization.cc:3894] Rematerialized 0 instructions in module jit_step; 0 net instructions added
      I1125 09:46:29.437037    5022 hlo_rematerialization.cc:3904] Peak memory usage of module now 88.66MiB (92962816 bytes), was 88.66MiB (92962816 bytes)
      \(passes)
      I1125 10:01:19.205354   10630 buffer_assignment.cc:2343] BufferAssignment stats:
      I1125 10:01:19.205371   10630 buffer_assignment.cc:2343]              parameter allocation:   21.71MiB
      I1125 10:01:19.205374   10630 buffer_assignment.cc:2343]               constant allocation:     6.0KiB
      I1125 10:01:19.205375   10630 buffer_assignment.cc:2343]         maybe_live_out allocation:   16.44MiB
      I1125 10:01:19.205377   10630 buffer_assignment.cc:2343]      preallocated temp allocation:   74.24MiB
      I1125 10:01:19.205378   10630 buffer_assignment.cc:2343]   preallocated temp fragmentation:    1.12MiB (1.51%)
      """)
    #expect(log.hasPeak && log.arePassesDone && !log.isMemoryKnown)
    // A log without buffers has no more to tell once instructions are translated.
    var translating = log
    translating.take(
      Array("I1125 10:01:23.881711   10771 deepsea_compiler_base.cc:1350] Global Core Count: 8 replica count: 1".utf8))
    #expect(translating.isMemoryKnown && translating.assignment?.total == nil)
    log.take(Array("I1125 10:01:19 1 buffer_assignment.cc:2343]     total allocation:   96.13MiB".utf8))
    #expect(log.isMemoryKnown)
    #expect(log.livePeak == Bytes(92_962_816) && log.peakAfter == log.livePeak && !log.floorReached)
    #expect(log.assignment?.arguments == Bytes(22_764_585))
    #expect(log.assignment?.temporaries == Bytes(77_846_282))
    #expect(log.assignment?.total == Bytes(100_799_611))
  }

  /// v5e: 122.9 of the 271.1 MiB are in its vector memory.
  @Test func whatIsInOtherMemoriesIsLeftOut() {
    let lines = [
      "Result size from heap simulator: 155453440", "Result size from heap simulator: 152", "BufferAssignment stats:",
      "             parameter allocation:  190.22MiB", "     preallocated temp allocation:  271.12MiB",
      "  preallocated temp fragmentation:    38.0KiB (0.01%)", "                 total allocation:  461.43MiB",
    ]
    let log = log(
      lines.map { "I1130 20:04:40.726716   13460 buffer_assignment.cc:2343] " + $0 }.joined(separator: "\n"))
    #expect(log.assignment?.temporaries == Bytes(155_453_440))
    let total = (461.43 - 271.12) * 0x1p20 + 155_453_440
    #expect(log.assignment?.total.map { (Double($0.count) - total).magnitude < 2 } == true)
  }

  @Test func theTableTellsFragmentationApart() {
    // 0.0.17.1 begins each line anew, 0.0.52 does not.
    let lines = [
      "Total hbm usage >= 634.35M:", "    reserved        530.01M ", "    program          82.63M ",
      "    arguments        21.71M ", "", "Output size 16.44M; shares 16.43M with arguments.", "",
      "Total host usage >= 0B:", "    reserved             0B ", "    program         unknown size ",
      "Program sflag requirement 172B:", "    reserved           100B", "Program hbm requirement 82.63M:",
      "    global            1.02M", "    scoped           704.0K",
      "    HLO temp         74.12M (28.7% utilization: Unpadded (20.61M) Padded (71.93M), 3.0% fragmentation (2.20M))",
      "    overlays          6.80M", "Program vmem requirement 9.52M:", "    scoped            9.52M",
    ]
    let head = "I1125 09:46:32.814383    5036 deepsea_compiler_backend.cc:2430] "
    for text in [lines.map { head + $0 }, [head + lines[0]] + lines.dropFirst()] {
      let table = log(text.joined(separator: "\n")).table
      #expect(table.reserved == Bytes(555_755_766))
      #expect(table.program == Bytes(86_643_835))
      #expect(table.arguments == Bytes(22_764_585))
      #expect(table.temporaries == Bytes(77_720_453))
      #expect(table.unpadded == Bytes(21_611_151) && table.padded == Bytes(75_424_072))
      #expect(table.fragmentation == Bytes(2_306_867))
      #expect(table.overlays == Bytes(7_130_317))
      #expect(table.scoped == Bytes(720_896))
    }
  }

  @Test func aLogThatIsNotUnderstoodTellsNothing() {
    let log = log(
      "I0101 other.cc:1] The peak is now 5 apples\nPeak memory usage of module now\n] HLO temp\n\u{0}\u{FFFD}")
    #expect(log == CompilerLog())
  }

  @Test func fragmentationIsCountedOnce() {
    // libtpu 0.0.17.1: "HLO temp 689.84M (... fragmentation (21.98M))" comes back as 711.82 MiB.
    let memory = CompiledMemory(
      arguments: Bytes(1000), outputs: Bytes(600), aliased: Bytes(500), temporaries: Bytes(2000), code: Bytes(7))
    #expect(memory.total == Bytes(3100))
    #expect(memory.total(countingOnce: Bytes(100)) == Bytes(3000))
    #expect(memory.verdict(limit: Bytes(3050)) == .doesNotFit)
    #expect(memory.verdict(limit: Bytes(3050), fragmentation: Bytes(100)) == .fits)
  }
}

struct OutOfMemoryTests {
  @Test func temporariesAloneAreTooMany0_0_17_1() {
    let found = OutOfMemory(
      message: """
        XLA:TPU compile permanent error. Ran out of memory in memory space hbm. Used 30.25G of 15.48G hbm. Exceeded hbm capacity by 14.77G.

        Total hbm usage >= 30.77G:
            reserved        530.01M
            program          30.25G
            arguments            0B

        Output size 0B; shares 0B with arguments.

        Program hbm requirement 30.25G:
            global            17.0K
            HLO temp         30.25G (99.9% utilization: Unpadded (28.73G) Padded (28.76G), 4.9% fragmentation (1.49G))

          Largest program allocations in hbm:

          1. Size: 6.00G
             Operator: op_name="forward/block0/mlp/contract" source_file="-" source_line=810
             Shape: bf16[4096,256,3072]{2,1,0:T(8,128)(2,1)}
             Unpadded size: 6.00G
             XLA label: fusion.770.remat2 = fusion(convolution_add_fusion.remat3, param.35), kind=kOutput
             Allocation type: HLO temp
             ==========================

          2. Size: 1.50G
             Shape: bf16[4096,256,12,64]{1,3,2,0:T(8,128)(2,1)}
             Unpadded size: 1.50G
             XLA label: fusion.175.remat4 = fusion(convert.86), kind=kOutput
             Allocation type: HLO temp
             ==========================
        """)
    #expect(found.used == Bytes.gibibytes(30.25) && found.limit == Bytes(16_621_523_436))
    #expect(found.isPartial)
    #expect(found.table.fragmentation == Bytes(1_599_875_318))
    #expect(found.largest.count == 2)
    #expect(found.largest.first?.bytes == Bytes(6 << 30) && found.largest.first?.unpadded == Bytes(6 << 30))
    #expect(found.largest.first?.shape == "bf16[4096,256,3072]{2,1,0:T(8,128)(2,1)}")
    #expect(found.largest.first?.instruction == "fusion.770.remat2")
    #expect(found.largest.first?.operationName == "forward/block0/mlp/contract")
    #expect(found.largest.last?.operationName == "")
  }

  @Test func argumentsAndTemporariesAreTooMany0_0_32() {
    let found = OutOfMemory(
      message: """
        XLA:TPU compile permanent error. Ran out of memory in memory space hbm. Used 16.00G of 15.48G hbm. Exceeded hbm capacity by 530.01M.

        Total hbm usage >= 16.52G:
            reserved        530.01M
            program           4.00G
            arguments        12.00G
        """)
    #expect(found.used == Bytes(16 << 30) && !found.isPartial)
    #expect(found.table.arguments == Bytes(12 << 30))
  }

  @Test func everythingIsCalledTemporaries0_0_52() {
    let found = OutOfMemory(
      message: """
        E1000: CompileTimeHbmOom: Ran out of memory on HBM, the total memory required for HLO temporaries (16.00G) exceeds available HBM (15.48G). HLO module: jit_big.
        See https://openxla.org/xla/errors/error_1000 for more details.
        """)
    #expect(found.used == Bytes(16 << 30) && found.limit == Bytes(16_621_523_436))
    #expect(!found.isPartial && found.table.isEmpty && found.largest.isEmpty)
  }

  @Test func otherWordsAreKeptAndNothingIsMadeUp() {
    let found = OutOfMemory(message: "RESOURCE_EXHAUSTED: too large")
    #expect(found.used == nil && found.limit == nil && found.message == "RESOURCE_EXHAUSTED: too large")
  }
}

struct CountedTwiceTests {
  private func report(temporaries: Int, table: String) -> CompileReport {
    var log = CompilerLog()
    for line in ["Program hbm requirement 1G:", "    HLO temp \(table)"] { log.take(Array(line.utf8)) }
    let memory = CompiledMemory(
      arguments: Bytes(34_633_728), outputs: Bytes(29_097_984), aliased: Bytes(29_095_936),
      temporaries: Bytes(temporaries), code: .zero)
    return CompileReport(
      programHash: "", plugin: "",
      compiler: CompilerIdentity(interface: "", platform: "", version: "", deviceKind: "", cores: 8),
      topology: CompileTopology(name: "v3:2x2"), options: CompilerOptions(),
      compiled: CompiledProgram(memory: memory, cost: [:], seconds: Seconds(0)), log: log, seconds: Seconds(0))
  }

  // The same scanned step of four small blocks.
  @Test func theGapsAreTakenOffWhereTheyAreInTwice() {
    let old = report(
      temporaries: 223_439_872,
      table: "199.91M (64.9% utilization: Unpadded (121.14M) Padded (186.72M), 6.6% fragmentation (13.18M))")
    #expect(old.gapsCountedTwice == Bytes(13_820_232))
    #expect(old.total == Bytes(34_633_728 + 2048 + 223_439_872 - 13_820_232))
    let new = report(
      temporaries: 210_305_024,
      table: "200.56M (64.9% utilization: Unpadded (121.14M) Padded (186.72M), 6.9% fragmentation (13.84M))")
    #expect(new.gapsCountedTwice == .zero)
    #expect(new.total == Bytes(34_633_728 + 2048 + 210_305_024))
    #expect(old.used == Bytes(34_633_728 + 2048 + 223_439_872))
  }
}
