/// A function that the commands share, and the tables it reads.
enum BashCompletion {
  static func script(_ front: Described, _ commands: [Described]) -> String {
    var text = Completion.note + "_agim_table() {\n  case $1 in\n"
    for command in [front] + commands { text += table(command) }
    text += "  esac\n}\n"
    text += "_agim_commands() {\n  echo \(Completion.quoted(names(commands)))\n}\n"
    text += shared
    text += "complete -F _agim " + ([front] + commands).map(\.name).joined(separator: " ") + "\n"
    return text
  }

  /// Branches `NAME`, `NAME VERB`: the options, those with an argument as `--long=KIND`, then the operands.
  private static func table(_ command: Described) -> String {
    var text = branch(command.name, command, "", words: command.verbs, operand: plainOperand(command))
    for operand in command.operands where !operand.word.isEmpty {
      text += branch(
        "\(command.name):\(operand.word)", command, operand.word, words: [],
        operand: Candidates(operand.rest, command: command.name, verb: operand.word))
    }
    return text
  }

  static func names(_ commands: [Described]) -> String {
    commands.map { String($0.name.dropFirst(5)) }.joined(separator: " ")
  }

  private static func plainOperand(_ command: Described) -> Candidates {
    let operand = command.operands.first { $0.word.isEmpty }
    return operand.map { Candidates($0.rest, command: command.name) } ?? .nothing
  }

  private static func branch(
    _ label: String, _ command: Described, _ verb: String, words: [String], operand: Candidates
  ) -> String {
    let options = command.options.filter { verb.isEmpty || $0.verbs.isEmpty || $0.verbs.contains(verb) }
    let names = options.flatMap { [$0.short, $0.long] }.filter { !$0.isEmpty }
    let arguments = options.filter { !$0.argument.isEmpty }.flatMap { option in
      let kind = kind(Candidates(option.argument, command: command.name, verb: verb))
      return [option.short, option.long].filter { !$0.isEmpty }.map { "\($0)=\(kind)" }
    }
    return "    \(Completion.quoted(label)))\n"
      + "      options=\(Completion.quoted(names.joined(separator: " ")))\n"
      + "      arguments=\(Completion.quoted(arguments.joined(separator: " ")))\n"
      + "      words=\(Completion.quoted(words.joined(separator: " ")))\n"
      + "      operand=\(Completion.quoted(kind(operand))) ;;\n"
  }

  private static func kind(_ candidates: Candidates) -> String {
    switch candidates {
    case .nothing: "nothing"
    case .files: "files"
    case .directories: "directories"
    case .programs: "programs"
    case .words(let words): "words:" + words.joined(separator: ",")
    case .printed(let command): "printed:" + command.split(separator: " ").joined(separator: "+")
    case .pipelines: "pipelines"
    case .commands: "commands"
    }
  }

  private static let shared = #"""
    _agim_offer() {
      local IFS=$'\n' kind=$1
      case $kind in
        files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        commands) mapfile -t COMPREPLY < <(IFS=' '; compgen -W "$(_agim_commands)" -- "$cur") ;;
        programs) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
        words:*) kind=${kind#words:}; mapfile -t COMPREPLY < <(compgen -W "${kind//,/$'\n'}" -- "$cur") ;;
        pipelines)
          mapfile -t COMPREPLY < <(cd "${AGIM_HOME:-$HOME/.agim}/pipes" 2>/dev/null && compgen -f -X '*~' -- "$cur") ;;
        printed:*)
          kind=${kind#printed:}
          mapfile -t COMPREPLY < <(IFS=+; compgen -W "$($kind 2>/dev/null | cut -d ' ' -f 1 | tr '\n' +)" -- "$cur") ;;
      esac
    }
    _agim() {
      local cur prev command at verb= options arguments words operand entry
      COMPREPLY=()
      cur=${COMP_WORDS[COMP_CWORD]}
      prev=${COMP_WORDS[COMP_CWORD-1]}
      # bash takes the sign of --option=ARGUMENT for a word.
      [[ $cur == = ]] && cur=
      [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
      command=${COMP_WORDS[0]##*/}
      at=1
      # What stands behind 'agim CMD' is completed as what stands behind 'agim-CMD'.
      if [[ $command == agim && $COMP_CWORD -gt 1 ]]; then
        options=
        _agim_table "agim-${COMP_WORDS[1]}"
        if [[ -n $options ]]; then
          command=agim-${COMP_WORDS[1]}
          at=2
        fi
      fi
      options= arguments= words= operand=
      _agim_table "$command"
      for (( ; at < COMP_CWORD; at++ )); do
        entry=${COMP_WORDS[at]}
        [[ $entry == -- ]] && return
        if [[ $entry != -* && " $words " == *" $entry "* ]]; then
          verb=$entry
          _agim_table "$command:$verb"
          break
        fi
      done
      for entry in $arguments; do
        if [[ $prev == "${entry%%=*}" ]]; then
          _agim_offer "${entry#*=}"
          return
        fi
      done
      if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
      elif [[ -z $verb && -n $words ]]; then
        [[ $command == agim ]] && words="$words $(_agim_commands)"
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        [[ ${#COMPREPLY[@]} -eq 0 ]] && _agim_offer "$operand"
      else
        _agim_offer "$operand"
      fi
      return 0
    }

    """#
}
