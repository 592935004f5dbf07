/// A `complete` line for each option and operand.
enum FishCompletion {
  static func script(_ front: Described, _ commands: [Described]) -> String {
    var text = Completion.note + prelude
    for command in [front] + commands { text += lines(command) }
    for command in commands {
      let name = String(command.name.dropFirst(5))
      text +=
        "complete -c agim -n __fish_use_subcommand -a \(name) -d \(Completion.fish(command.summary))\n"
      text += "complete -c agim -n \(Completion.fish("__agim_runs \(name)")) -a '(__agim_delegate)'\n"
    }
    return text
  }

  private static func lines(_ command: Described) -> String {
    let start = "complete -c \(command.name)"
    var text = "\(start) -f\n"
    let isFront = command.name == "agim"
    for option in command.options {
      var line = start
      let condition =
        option.verbs.isEmpty
        ? (isFront ? "not __agim_is_other" : "")
        : "__fish_seen_subcommand_from \(option.verbs.joined(separator: " "))"
      if !condition.isEmpty { line += " -n \(Completion.fish(condition))" }
      if !option.short.isEmpty { line += " -s \(option.short.dropFirst())" }
      if !option.long.isEmpty { line += " -l \(option.long.dropFirst(2))" }
      if !option.argument.isEmpty {
        line +=
          " -r" + action(Candidates(option.argument, command: command.name, verb: option.verbs.first ?? ""))
      }
      text += "\(line) -d \(Completion.fish(option.help))\n"
    }
    for operand in command.operands {
      guard !operand.word.isEmpty else {
        let candidates = Candidates(operand.rest, command: command.name)
        if candidates != .nothing { text += "\(start)\(action(candidates))\n" }
        continue
      }
      text += "\(start) -n __fish_use_subcommand -a \(operand.word) -d \(Completion.fish(operand.help))\n"
      let candidates = Candidates(operand.rest, command: command.name, verb: operand.word)
      if candidates != .nothing {
        let condition = Completion.fish("__fish_seen_subcommand_from \(operand.word)")
        text += "\(start) -n \(condition)\(action(candidates))\n"
      }
    }
    return text
  }

  private static func action(_ candidates: Candidates) -> String {
    switch candidates {
    case .nothing: " -f"
    case .files: " -F"
    case .directories: " -f -a '(__fish_complete_directories)'"
    case .programs: " -f -a '(__fish_complete_command)'"
    case .words(let words): " -f -a \(Completion.fish(words.joined(separator: " ")))"
    case .printed(let command): " -f -a \(Completion.fish("(\(command) 2>/dev/null | cut -d ' ' -f 1)"))"
    case .pipelines: " -f -a '(__agim_pipelines)'"
    case .commands: " -f -a '(__agim_commands)'"
    }
  }

  private static let prelude = #"""
    # Found under the name of each command, and read once.
    set -q __agim_completions; and return
    set -g __agim_completions 1
    function __agim_pipelines
      set -l home $AGIM_HOME
      test -n "$home"; or set home ~/.agim
      for file in $home/pipes/*
        string match -q -- '*~' $file; or path basename -- $file
      end
    end
    function __agim_commands
      for file in (path dirname -- (command -s agim))/agim-*
        string replace -r '.*/agim-' '' -- $file
      end
    end
    function __agim_is_other
      set -l words (commandline -opc)
      test (count $words) -ge 2; and contains -- $words[2] (__agim_commands)
    end
    function __agim_runs
      set -l words (commandline -opc)
      test (count $words) -ge 2; and test $words[2] = $argv[1]
    end
    function __agim_delegate
      set -l words (commandline -opc)
      complete -C "agim-"(string join ' ' -- (string escape -- $words[2..]))" "(commandline -ct)
    end

    """#
}

extension Completion {
  /// A word of a fish script, where a backslash in single quotes needs another one.
  static func fish(_ text: String) -> String {
    var quoted = "'"
    for character in text.unicodeScalars {
      if character == "'" || character == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(character)
    }
    return quoted + "'"
  }
}
