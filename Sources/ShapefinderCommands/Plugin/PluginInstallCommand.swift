import Answers
import ArgumentParser
import Compilation

/// `shapefinder plugin install`.
struct PluginInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Fetches a plugin with pip, checks its hash, and unpacks its library to the cache.",
    discussion: """
      It is kept in $XDG_CACHE_HOME/shapefinder/plugins, or ~/.cache/shapefinder/plugins. Its licence is its maker's, and is \
      shown before anything is fetched. The exit code is 69 where python3 or pip is missing.

      Examples:

        shapefinder plugin install tpu
        shapefinder plugin install cpu
        shapefinder plugin install tpu --version 0.0.32
      """)

  @Argument(help: ArgumentHelp("The plugin: tpu or cpu.", valueName: "plugin"))
  var kind: PluginKind
  @Option(help: ArgumentHelp("A version other than the first in `shapefinder plugin list`.", valueName: "version"))
  var version: String?
  @Flag(help: "Fetch and unpack it even where it is installed.") var again = false

  func run() throws {
    do throws(PluginInstallError) {
      let release = try PluginRelease.find(kind, version: version)
      let installer = PluginInstaller()
      if !again, let known = try? installer.directory.find(kind, version: release.version) {
        return remark("\(release.title) is installed: \(known.library)")
      }
      remark("\(release.title), \(release.size). Licence: \(release.licence)")
      let plugin = try installer.install(release, again: again)
      remark("installed \(release.title): \(plugin.library)")
    } catch {
      throw AnswerError(error)
    }
  }
}
