/// The names behind which secrets and things that run later are kept.
enum SensitiveNames {
  /// Directories that hold nothing but secrets, wherever they are.
  static let directories: Set<String> = [
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".password-store", ".terraform.d",
  ]

  /// Below a home directory: files, and directories with all that is in them.
  static let ofHome: [String] = [
    ".config/gcloud", ".config/gh", ".config/hub", ".config/rclone", ".config/op", ".config/doctl",
    ".config/anthropic", ".config/opencode", ".config/google-chrome", ".config/chromium",
    ".config/BraveSoftware", ".config/microsoft-edge", ".config/keepassxc", ".config/sops", ".config/age",
    ".mozilla", ".thunderbird", ".local/share/keyrings", ".local/share/opencode/auth.json",
    ".local/share/kwalletd", ".docker/config.json", ".codex/auth.json", ".gemini", ".cursor", ".copilot",
    ".openclaw", ".claude", ".claude.json", ".agim", ".vault-token", ".config/containers/auth.json",
    ".m2/settings.xml", ".m2/settings-security.xml", ".gradle/gradle.properties", ".Xauthority",
    ".ICEauthority", "snap/firefox", "snap/chromium", ".local/share/gnome-keyring", ".pki",
    ".config/git/credentials", ".cache/mozilla", ".config/discord", ".config/Slack",
  ]

  /// Files of these names, wherever they are.
  static let files: Set<String> = [
    ".env", ".envrc", ".netrc", "_netrc", ".git-credentials", ".npmrc", ".pypirc", ".pgpass", ".my.cnf",
    ".htpasswd", ".dockercfg", ".boto", ".s3cfg", ".bash_history", ".zsh_history", ".zhistory",
    ".sh_history", ".ash_history", ".histfile", ".python_history", ".psql_history", ".mysql_history",
    ".sqlite_history", ".node_repl_history", ".rediscli_history", ".irb_history", ".lesshst",
    ".fish_history", "fish_history", "credentials", "kubeconfig", ".vault-token", ".git-credential-cache",
  ]

  /// Endings of file names.
  static let endings: [String] = [
    ".pem", ".key", ".p12", ".pfx", ".jks", ".kdbx", ".kdb", ".tfstate", ".tfstate.backup", ".ovpn",
    ".keystore", ".ppk", ".agekey", "_history",
  ]

  /// Beginnings of the names of keys; a public half ends in `.pub`.
  static let keys: [String] = ["id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", "id_ed448", "id_xmss"]

  /// Endings of program text: `credentials.swift` is no credential.
  static let code: Set<String> = [
    "swift", "c", "h", "cc", "cpp", "cxx", "hpp", "m", "mm", "go", "rs", "py", "pyi", "js", "jsx", "mjs",
    "cjs", "ts", "tsx", "mts", "vue", "svelte", "java", "kt", "kts", "scala", "rb", "php", "cs", "fs", "ex",
    "exs", "erl", "hs", "ml", "lua", "pl", "pm", "dart", "zig", "nim", "md", "rst", "adoc", "html", "css",
    "scss", "git", "proto", "graphql", "test", "spec", "d", "o", "snap",
  ]

  /// Files and directories outside any home.
  static let absolute: [String] = [
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d",
    "/etc/ssl/private", "/etc/krb5.keytab", "/etc/NetworkManager/system-connections", "/etc/security/opasswd",
    "/etc/wpa_supplicant", "/etc/wireguard", "/etc/openvpn", "/etc/letsencrypt", "/etc/docker/key.json",
    "/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/port", "/run/secrets", "/var/run/secrets",
    "/run/docker.sock", "/var/run/docker.sock", "/run/credentials", "/run/containerd/containerd.sock",
    "/run/podman/podman.sock", "/var/lib/systemd/credential.secret", "/etc/credstore",
    "/etc/credstore.encrypted", "/var/lib/docker/volumes", "/var/spool/cron", "/etc/kubernetes",
    "/etc/rancher", "/var/lib/rancher", "/etc/machine-id.key", "/root/.ssh",
  ]

  /// Below a home directory: what is run or believed later.
  static let persistentOfHome: [String] = [
    ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc",
    ".zshenv",
    ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".mkshrc", ".cshrc", ".tcshrc", ".login", ".logout",
    ".inputrc", ".xinitrc", ".xsession", ".xsessionrc", ".xprofile", ".pam_environment", ".config/fish",
    ".config/autostart", ".config/systemd", ".config/environment.d", ".config/git", ".config/nvim",
    ".config/plasma-workspace", ".config/hypr", ".config/sway", ".config/i3", ".config/zsh",
    ".local/share/systemd", ".local/share/applications", ".local/share/dbus-1", ".local/bin", "bin",
    ".gitconfig", ".vimrc", ".vim", ".gvimrc", ".emacs", ".emacs.d", ".tmux.conf", ".screenrc", ".wgetrc",
    ".curlrc", ".gdbinit", ".lldbinit", ".irbrc", ".pryrc", ".Rprofile", ".perldb", ".psqlrc", ".sqliterc",
    ".forward", ".procmailrc", ".crontab", ".cargo/config", ".cargo/config.toml", ".cargo/bin",
    ".config/pip", ".pip", ".condarc", ".yarnrc", ".yarnrc.yml", ".codex", ".config/code", ".vscode",
    ".config/Code", ".rhosts", ".shosts", ".jq", ".mailrc", ".nanorc", ".exrc", ".lessfilter",
    ".selected_editor",
  ]

  /// The same outside any home.
  static let persistentAbsolute: [String] = [
    "/etc/cron.d", "/etc/cron.daily", "/etc/cron.hourly", "/etc/cron.weekly", "/etc/cron.monthly",
    "/etc/crontab", "/etc/anacrontab", "/etc/systemd", "/etc/init.d", "/etc/rc.local", "/etc/rc.d",
    "/etc/profile", "/etc/profile.d", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh", "/etc/zshrc",
    "/etc/zshenv",
    "/etc/fish", "/etc/environment", "/etc/environment.d", "/etc/ld.so.preload", "/etc/ld.so.conf",
    "/etc/ld.so.conf.d", "/etc/pam.d", "/etc/passwd", "/etc/group", "/etc/ssh", "/etc/xdg/autostart",
    "/etc/apt/apt.conf.d", "/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/udev",
    "/etc/modprobe.d", "/etc/modules", "/etc/modules-load.d", "/etc/skel", "/etc/update-motd.d",
    "/etc/gitconfig", "/etc/inittab", "/etc/security", "/etc/polkit-1", "/etc/dbus-1", "/etc/doas.conf",
    "/etc/logrotate.d", "/etc/NetworkManager/dispatcher.d", "/etc/network/if-up.d", "/etc/sysctl.d",
    "/etc/kernel", "/etc/initramfs-tools", "/etc/default/grub", "/var/spool/at", "/boot",
    "/lib/systemd", "/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/usr/share/dbus-1",
  ]

  /// Directories of a project whose content is run or believed later.
  static let persistentDirectories: Set<String> = [
    ".git", ".claude", ".codex", ".cursor", ".gemini", ".opencode", ".agents", ".husky", ".vscode", ".idea",
    ".devcontainer", ".githooks", ".copilot", ".kiro", ".windsurf", ".continue", ".roo", ".amp",
  ]

  /// Files of a project that are run or believed later.
  static let persistentFiles: Set<String> = [
    "AGENTS.md", "AGENT.md", "AGENTS.override.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", "QWEN.md",
    "SOUL.md", "HEARTBEAT.md", ".cursorrules", ".windsurfrules", ".clinerules", "copilot-instructions.md",
    ".mcp.json", "opencode.json", "opencode.jsonc", ".gitmodules", ".gitattributes", ".gitconfig",
    ".envrc", "authorized_keys", ".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".npmrc",
    ".yarnrc", ".yarnrc.yml", ".exrc", ".nvimrc", ".lvimrc", ".gdbinit", ".lldbinit",
    ".ripgreprc", ".sqliterc", "sitecustomize.py", "usercustomize.py",
  ]

  /// Secrets by their full paths, to be tried against patterns.
  static let examples: [String] = [
    "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/shadow-", "/proc/self/environ", "/proc/1/environ",
    "/proc/kcore", "/dev/mem", "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ed25519_key",
    "/root/.ssh/id_rsa", "/root/.ssh/id_ed25519", "/root/.ssh", "/run/docker.sock", "/var/run/docker.sock",
  ]

  /// The same below a home directory.
  static let examplesOfHome: [String] = [
    ".ssh", ".ssh/id_rsa", ".ssh/id_ed25519", ".ssh/config", ".ssh/authorized_keys", ".ssh/known_hosts",
    ".gnupg",
    ".gnupg/private-keys-v1.d", ".aws", ".aws/credentials", ".aws/config", ".kube", ".kube/config", ".netrc",
    ".git-credentials", ".pgpass", ".npmrc", ".env", ".bash_history", ".zsh_history", ".docker/config.json",
    ".config/gh/hosts.yml", ".config/gh", ".claude", ".claude.json", ".claude/.credentials.json",
    ".codex/auth.json", ".azure", ".pypirc", ".config/gcloud",
  ]
}
