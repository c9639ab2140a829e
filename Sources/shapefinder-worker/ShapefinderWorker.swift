import Measurement

@main
enum ShapefinderWorker {
  static func main() { WorkerMain.launch() }
}
