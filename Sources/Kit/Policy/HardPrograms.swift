/// Programs that the hard rules know by name.
enum HardPrograms {
  /// They end or destroy the machine whatever they are given.
  static let ending: Set<String> = [
    "shutdown", "reboot", "halt", "poweroff", "wipefs", "blkdiscard", "mke2fs", "telinit",
  ]

  static let shells: Set<String> = [
    "sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "fish", "rbash", "csh", "tcsh", "yash",
    "posh", "lksh",
    "pwsh", "elvish", "nu", "xonsh",
  ]

  /// Programs that run text in a language of their own, and the options that text follows.
  static let interpreters: Set<String> = [
    "python", "python2", "python3", "perl", "ruby", "node", "nodejs", "deno", "bun", "php", "lua", "luajit",
    "awk", "gawk", "mawk", "nawk", "tclsh", "wish", "expect", "osascript", "Rscript", "R", "julia", "swift",
    "ghci", "runghc", "scala", "groovy", "guile", "emacs", "vim", "vi", "nvim", "ex", "ed", "sqlite3", "psql",
    "mysql", "gdb", "lldb", "irb", "ipython", "m4", "bc", "dc", "sed", "find", "rg", "tar", "git", "rsync",
    "make", "gmake", "npx", "pnpm", "yarn", "npm", "man", "less", "more", "zip", "sort", "script", "socat",
    "ssh", "scp", "sftp", "docker", "podman", "tmux", "screen", "crontab", "at", "batch", "systemd-run",
  ]

  /// The first words of an interpreter that runs a file.
  static let runners: Set<String> = [
    "python", "python2", "python3", "perl", "ruby", "node", "nodejs", "deno", "bun", "php", "lua", "luajit",
    "tclsh",
    "expect", "Rscript", "julia", "source", ".", "tsx", "ts-node", "uv", "swift",
  ]

  /// Words after which these programs give away a secret.
  static let secrets: [(words: [String], why: String)] = [
    (["gh", "auth", "token"], "it prints a token"),
    (["gh", "auth", "status", "-t"], "it prints a token"),
    (["gh", "auth", "status", "--show-token"], "it prints a token"),
    (["glab", "auth", "token"], "it prints a token"),
    (["gcloud", "auth", "print-access-token"], "it prints a token"),
    (["gcloud", "auth", "print-identity-token"], "it prints a token"),
    (["gcloud", "auth", "application-default", "print-access-token"], "it prints a token"),
    (["az", "account", "get-access-token"], "it prints a token"),
    (["aws", "configure", "export-credentials"], "it prints credentials"),
    (["aws", "configure", "get"], "it prints credentials"),
    (["aws", "sts", "get-session-token"], "it prints credentials"),
    (["kubectl", "config", "view", "--raw"], "it prints credentials"),
    (["kubectl", "config", "view", "--flatten"], "it prints credentials"),
    (["git", "credential"], "it prints credentials"),
    (["git", "credential-store"], "it prints credentials"),
    (["git", "credential-cache"], "it prints credentials"),
    (["pass", "show"], "it prints a password"), (["gopass", "show"], "it prints a password"),
    (["secret-tool", "lookup"], "it prints a password"), (["secret-tool", "search"], "it prints passwords"),
    (["op", "read"], "it prints a password"), (["op", "item", "get"], "it prints a password"),
    (["bw", "get"], "it prints a password"), (["vault", "kv", "get"], "it prints a secret"),
    (["vault", "read"], "it prints a secret"), (["vault", "print", "token"], "it prints a token"),
    (["getent", "shadow"], "it prints password hashes"),
    (["getent", "gshadow"], "it prints password hashes"),
    (["unshadow"], "it prints password hashes"), (["npm", "token"], "it prints tokens"),
    (["docker-credential-desktop"], "it prints credentials"),
    (["docker-credential-pass"], "it prints credentials"),
    (["security", "find-generic-password"], "it prints a password"),
    (["security", "find-internet-password"], "it prints a password"), (["chpasswd"], "it sets passwords"),
    (["visudo"], "it changes who may become root"), (["heroku", "auth:token"], "it prints a token"),
    (["printenv"], "it prints the environment"),
  ]

  /// agim's own commands that an agent must not use: they speak as a person.
  static let ours: [(words: [String], why: String)] = [
    (["agim-approve", "allow"], "only a person may answer"),
    (["agim-approve", "deny"], "only a person may answer"),
    (["agim-approve", "pair"], "only a person may answer"),
    (["agim-approve", "away"], "only a person may answer"),
    (["agim-approve", "revoke"], "only a person may answer"),
    (["agim-session", "post"], "only a person may speak"),
    (["agim-session", "set"], "only a person may change a session"),
    (["agim-recv"], "only a person may speak"),
    (["agim", "approve"], "only a person may answer"), (["agim", "recv"], "only a person may speak"),
    (["agim", "session", "post"], "only a person may speak"),
    (["agim", "session", "set"], "only a person may change a session"),
    (["agim", "setup"], "only a person may configure agim"), (["agim", "stop"], "it stops agim"),
  ]

  /// Programs that run another, with their options as in `ReaderTable` and the operands before the program.
  static let wrappers: [String: String] = [
    "command": "0 -p -v -V", "builtin": "0", "exec": "0 -c -l -a=", "nohup": "0",
    "setsid": "0 -c -f -w --fork --wait --ctty",
    "env": "0 -i - -0 -v -u= -C= -S= --ignore-environment --null --unset= --chdir= --split-string= --debug",
    "nice": "0 -# -n= --adjustment=", "ionice": "0 -t -c= -n= --class= --classdata= --ignore",
    "stdbuf": "0 -i= -o= -e= --input= --output= --error=",
    "time": "0 -p -v -a -q -f= -o= --format= --output= --verbose",
    "timeout": "1 -k= -s= -v --kill-after= --signal= --foreground --preserve-status --verbose",
    "sudo": """
    0 -n -E -H -S -k -K -b -i -s -A -P -B -u= -g= -C= -D= -h= -p= -r= -R= -t= -T= -U= --user= --group= \
    --preserve-env? \
    --non-interactive --stdin --login --shell --background --set-home --chdir= --prompt= --host=
    """,
    "doas": "0 -n -s -u= -C=", "chroot": "1 --userspec= --groups= --skip-chdir", "taskset": "1 -a -c -p",
    "chrt": "1 -b -f -i -o -r -a -m -v",
    "flock": "1 -n -s -x -e -u -o -w= -E= -F --nonblock --shared --exclusive --timeout=",
    "xargs": """
    0 -0 -r -t -p -x -o -n= -P= -I= -i? -L= -l? -d= -a= -s= -E= -e? --null --no-run-if-empty --verbose \
    --interactive \
    --max-args= --max-procs= --replace? --max-lines? --delimiter= --arg-file= --max-chars= --exit --open-tty
    """,
    "strace": """
    0 -f -ff -q -qq -c -C -t -tt -r -T -y -yy -v -x -o= -e= -p= -s= -u= -P= -b= -E= -S= -a= -O= -I= -k
    """,
    "ltrace": "0 -f -o= -e= -p= -s= -S -c", "faketime": "1 -f -m", "fakeroot": "0", "eatmydata": "0",
    "catchsegv": "0", "unbuffer": "0 -p", "busybox": "0", "toybox": "0", "proxychains": "0 -q -f=",
    "torsocks": "0",
    "numactl": "0 --cpunodebind= --membind= --interleave= --physcpubind=", "setarch": "1 -R",
    "nocorrect": "0",
    "noglob": "0", "caffeinate": "0 -d -i -m -s", "dbus-run-session": "0", "linux32": "0", "linux64": "0",
    "watch": """
    0 -n= -d? -t -b -e -g -c -x -p -q= --interval= --no-title --errexit --color --exec
    """, "then": "0", "do": "0",
    "else": "0", "coproc": "0", "!": "0", "-": "0",
  ]

  /// Programs that run another in ways not worth knowing exactly: every word may begin a command.
  static let launchers: Set<String> = [
    "parallel", "ssh", "script", "su", "runuser", "systemd-run", "unshare", "nsenter", "bwrap", "firejail",
    "docker",
    "podman", "at", "batch", "gdb", "valgrind", "perf", "setpriv", "capsh", "prlimit", "cgexec",
    "start-stop-daemon",
    "daemonize", "xvfb-run", "proot", "entr", "expect", "tmux", "screen", "kubectl", "lxc", "machinectl",
    "pkexec", "gosu",
    "su-exec", "dumb-init", "tini", "s6-setuidgid", "chpst", "softlimit", "rlwrap", "fd", "fdfind", "rg",
    "tar", "npx",
    "uv", "poetry", "pipenv", "bundle", "direnv", "nix-shell", "nix", "conda", "mise", "asdf", "dotenv", "op",
    "aws-vault",
    "chronic", "ifne", "sem", "run-parts", "hyperfine", "script", "setfacl", "socat", "nc", "ncat",
    "dpkg-reconfigure",
    "lua", "tclsh", "mosh", "sshpass", "vim", "vi", "nvim", "zip", "rsync", "ld.so", "ld-linux-x86-64.so.2",
  ]
}
