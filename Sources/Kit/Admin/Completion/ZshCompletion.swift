/// One `#compdef` file for all commands: tables, and a function that reads them.
enum ZshCompletion {
  static func script(_ front: Described, _ commands: [Described]) -> String {
    let all = [front] + commands
    var text = "#compdef \(all.map(\.name).joined(separator: " "))\n" + Completion.note
    text += "_agim_table() {\n  case $1 in\n"
    for command in all {
      let operand = command.operands.first { $0.word.isEmpty }
      text += branch(
        command.name, command, "",
        operand.map { Candidates($0.rest, command: command.name) } ?? .nothing)
      for operand in command.operands where !operand.word.isEmpty {
        text += branch(
          "\(command.name):\(operand.word)", command, operand.word,
          Candidates(operand.rest, command: command.name, verb: operand.word))
      }
    }
    text += "  esac\n}\n"
    text += "_agim_commands=(\n"
    for command in commands {
      text += "  \(Completion.quoted(described(String(command.name.dropFirst(5)), command.summary)))\n"
    }
    return text + ")\n" + shared
  }

  private static func branch(
    _ label: String, _ command: Described, _ verb: String, _ operand: Candidates
  ) -> String {
    let options = command.options.filter { verb.isEmpty || $0.verbs.isEmpty || $0.verbs.contains(verb) }
    var names: [String] = []
    var arguments: [String] = []
    for option in options {
      for spelling in [option.short, option.long] where !spelling.isEmpty {
        names.append(described(spelling, option.help))
        if !option.argument.isEmpty {
          let candidates = Candidates(option.argument, command: command.name, verb: verb)
          arguments += [spelling, action(candidates)]
        }
      }
    }
    let words = verb.isEmpty ? command.operands.filter { !$0.word.isEmpty } : []
    return "    \(Completion.quoted(label)))\n"
      + "      options=(\(list(names)))\n"
      + "      arguments=(\(list(arguments)))\n"
      + "      verbs=(\(list(words.map { described($0.word, $0.help) })))\n"
      + "      operand=\(Completion.quoted(action(operand))) ;;\n"
  }

  private static func list(_ words: [String]) -> String {
    words.map(Completion.quoted).joined(separator: " ")
  }

  /// `WORD:HELP`, as `_describe` takes it.
  private static func described(_ word: String, _ help: String) -> String {
    let escaped = help.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "\\:")
    return "\(word):\(escaped)"
  }

  private static func action(_ candidates: Candidates) -> String {
    switch candidates {
    case .nothing: "_message 'nothing to offer'"
    case .files: "_files"
    case .directories: "_files -/"
    case .programs: "_command_names -e"
    case .words(let words): "compadd -- " + words.joined(separator: " ")
    case .printed(let command): "compadd -- ${(f)\"$(\(command) 2>/dev/null | cut -d ' ' -f 1)\"}"
    case .pipelines: "compadd -- ${AGIM_HOME:-$HOME/.agim}/pipes/*~*\\~(N:t)"
    case .commands: "_describe command _agim_commands"
    }
  }

  private static let shared = #"""
    _agim() {
      local command=$service verb= operand word
      local -a options verbs seen
      local -A arguments
      integer at=2
      setopt local_options extended_glob
      # What stands behind 'agim CMD' is completed as what stands behind 'agim-CMD'.
      if [[ $command == agim && $CURRENT -gt 2 && -n ${_agim_commands[(r)$words[2]:*]} ]]; then
        command=agim-$words[2]
        at=3
      fi
      _agim_table $command
      for (( ; at < CURRENT; at++ )); do
        word=$words[at]
        [[ $word == -- ]] && { _files; return }
        if [[ -n ${verbs[(r)$word:*]} ]]; then
          verb=$word
          _agim_table $command:$verb
          break
        fi
      done
      if [[ $words[CURRENT] == --*=* ]]; then
        word=${words[CURRENT]%%=*}
        compset -P '*='
        eval ${arguments[$word]-}
      elif [[ -n ${arguments[$words[CURRENT-1]]-} ]]; then
        eval ${arguments[$words[CURRENT-1]]}
      elif [[ $words[CURRENT] == -* ]]; then
        _describe -o option options
      elif [[ -z $verb && $#verbs -gt 0 ]]; then
        [[ $command == agim ]] && verbs+=($_agim_commands)
        _describe command verbs || eval $operand
      else
        eval $operand
      fi
    }
    _agim "$@"

    """#
}
