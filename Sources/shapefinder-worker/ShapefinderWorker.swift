import Compilation
import Measurement

@main
enum ShapefinderWorker {
  static func main() {
    if CommandLine.arguments.dropFirst().first == CompileMain.subcommand { CompileMain.launch() }
    WorkerMain.launch()
  }
}
