/// The programs that only read, with the options under which that is so.
///
/// An entry begins with what its operands are: `paths`, `paths1` or `paths2` (at most so many), `text`
/// (not looked up), `pattern` (the first is text unless an option gives it, the rest are paths), `none`.
/// `+` after it: without an operand it reads the current directory. Options follow: `-x` a flag, `-x=` one with a
/// value, `-x@` with a path, `-x?` with a value only in the same word, `-x!` a flag that makes it go through
/// directories and read what is in their files, `-x^` one that gives the pattern, `-x%` one that gives it from a
/// file, `-#` a number as an option. What is not there is asked about.
enum ReaderTable {
  static func entry(_ program: String) -> String? { entries[program] }

  static let entries: [String: String] = [
    "cat": """
    paths -A -b -e -E -n -s -t -T -u -v --show-all --number-nonblank --show-ends --number --squeeze-blank \
    --show-tabs --show-nonprinting
    """,
    "tac": "paths -b -r -s= --before --regex --separator=",
    "rev": "paths",
    "head": "paths -# -c= -n= -q -v -z --bytes= --lines= --quiet --silent --verbose --zero-terminated",
    "tail": "paths -# -c= -n= -q -v -z --bytes= --lines= --quiet --silent --verbose --zero-terminated",
    "wc": "paths -c -m -l -L -w --bytes --chars --lines --max-line-length --words",
    "nl": """
    paths -b= -d= -f= -h= -i= -l= -n= -p -s= -v= -w= --body-numbering= --number-format= --number-width= \
    --starting-line-number= --number-separator=
    """,
    "od": """
    paths -A= -j= -N= -S= -t= -v -w? -a -b -c -d -f -i -l -o -s -x --address-radix= --skip-bytes= \
    --read-bytes= \
    --format= --output-duplicates
    """,
    "hexdump": "paths -b -c -C -d -o -x -v -n= -s=",
    "hd": "paths -b -c -C -d -o -x -v -n= -s=",
    "strings": "paths -a -f -n= -t= -e= -o -w -# --all --print-file-name --bytes= --radix= --encoding=",
    "ls": """
    paths+ -a -A -b -B -c -C -d -f -F -g -G -h -H -i -I= -k -l -m -n -N -o -p -q -Q -r -R -s -S -t \
    -T= -u -U -v -w= \
    -x -X -Z -1 --all --almost-all --author --escape --block-size= --ignore-backups --color? \
    --directory --classify? \
    --file-type --format= --full-time --group-directories-first --no-group --human-readable --si \
    \
    --hide= --indicator-style= --inode --ignore= --kibibytes --numeric-uid-gid --literal --quote-name \
    --quoting-style= --reverse --recursive --size --sort= --time= --time-style= --tabsize= --width= --zero
    """,
    "dir": "paths+ -a -A -l -h -1 -R -t -r -S",
    "tree": """
    paths+ -a -d -f -i -s -h -p -u -g -D -F -q -N -Q -r -t -c -U -v -x -C -n -A -S -X -J -L= -I= -P= \
    --dirsfirst \
    --noreport --filelimit= --charset= --du --prune --matchdirs --ignore-case --si --inodes --device \
    --sort= --timefmt=
    """,
    "du": """
    paths+ -0 -a -B= -b -c -d= -h -H -k -m -S -s -t= -x --all --apparent-size --block-size= --bytes --total \
    --max-depth= --human-readable --inodes --separate-dirs --si --summarize --threshold= \
    --one-file-system --exclude= \
    --null
    """,
    "stat": "paths -L -c= -t --dereference --format= --printf= --terse",
    "file": """
    paths -b -i -k -N -n -r -v -h -0 -E -e= -F= --brief --mime --mime-type --mime-encoding --keep-going \
    --no-pad \
    --no-buffer --raw --separator= --no-dereference --extension --exclude=
    """,
    "realpath": """
    paths -e -m -L -P -q -s -z --canonicalize-existing --canonicalize-missing --logical --physical --quiet \
    --relative-to@ --relative-base@ --strip --no-symlinks --zero
    """,
    "readlink": """
    paths -f -e -m -n -q -s -v -z --canonicalize --canonicalize-existing --canonicalize-missing \
    --no-newline --quiet \
    --silent --verbose --zero
    """,
    "basename": "text -a -s= -z --multiple --suffix= --zero",
    "dirname": "text -z --zero",
    "cmp": "paths -b -i= -l -n= -s --print-bytes --ignore-initial= --verbose --bytes= --quiet --silent",
    "comm": """
    paths2 -1 -2 -3 -z --check-order --nocheck-order --output-delimiter= --total --zero-terminated
    """,
    "diff": """
    paths -# -q -s -c -C= -u -U= -e -n -y -W= -p -F= -t -T -r! -N -i -E -Z -b -w -B -I= -a -d -x= \
    --normal --brief \
    --report-identical-files --context? --unified? --ed --rcs --side-by-side --width= --left-column \
    --suppress-common-lines --show-c-function --show-function-line= --label= --expand-tabs \
    --initial-tab --recursive! \
    --new-file --unidirectional-new-file --ignore-case --ignore-tab-expansion --ignore-trailing-space \
    --ignore-space-change --ignore-all-space --ignore-blank-lines --ignore-matching-lines= --text \
    --strip-trailing-cr --minimal --color? --exclude= --no-dereference --speed-large-files
    """,
    "grep": """
    pattern -# -E -F -G -P -e^ -f% -i -y -v -w -x -c -L -l -m= -o -q -s -b -H -h -n -T -Z -z -A= -B= \
    -C= -a -I -r! -U \
    -u --extended-regexp --fixed-strings --basic-regexp --perl-regexp --regexp^ --file% --ignore-case \
    --no-ignore-case --invert-match --word-regexp --line-regexp --count --color? --colour? \
    --files-without-match \
    --files-with-matches --max-count= --only-matching --quiet --silent --no-messages --byte-offset \
    --with-filename \
    --no-filename --label= --line-number --initial-tab --null --null-data --after-context= --before-context= \
    --context= --text --binary-files= --exclude= --exclude-from@ --exclude-dir= --include= --recursive! \
    --line-buffered --binary
    """,
    "rg": """
    pattern+! -# -e^ -f% -i -S -s -n -N -l -c -w -x -v -o -F -U -P -H -I -a -b -p -0 -. -u -q -A= -B= \
    -C= -g= -t= -T= -m= \
    -j= -d= -M= -r= -E= --regexp^ --file% --ignore-case --smart-case --case-sensitive --line-number \
    --no-line-number \
    --files-with-matches --files-without-match --count --count-matches --word-regexp --line-regexp \
    --invert-match \
    --only-matching --fixed-strings --multiline --multiline-dotall --pcre2 --with-filename \
    --no-filename --text \
    --byte-offset --pretty --null --hidden --unrestricted --quiet --after-context= --before-context= \
    --context= \
    --glob= --iglob= --type= --type-not= --max-count= --threads= --max-depth= --max-columns= \
    --max-columns-preview \
    --replace= --encoding= --no-ignore --no-ignore-vcs --no-ignore-parent --no-ignore-dot --no-ignore-global \
    --no-config --no-messages --no-heading --heading --column --no-column --color= --colors= --json \
    --stats --sort= \
    --sortr= --trim --vimgrep --passthru --context-separator= --field-match-separator= \
    --one-file-system --crlf \
    --max-filesize= --line-buffered --no-mmap --mmap --no-unicode --engine= --path-separator= \
    --glob-case-insensitive
    """,
    "uniq": """
    paths1 -c -d -D -f= -i -s= -u -z -w= --count --repeated --all-repeated? --skip-fields= --group? \
    --ignore-case \
    --skip-chars= --unique --zero-terminated --check-chars=
    """,
    "sort": """
    paths -b -d -f -g -i -M -h -n -R -r -V -c -C -k= -m -s -t= -u -z --ignore-leading-blanks \
    --dictionary-order \
    --ignore-case --general-numeric-sort --ignore-nonprinting --month-sort --human-numeric-sort \
    --numeric-sort \
    --random-sort --reverse --version-sort --check? --key= --merge --stable --field-separator= --unique \
    --zero-terminated --debug
    """,
    "cut": """
    paths -b= -c= -d= -f= -n -s -z --bytes= --characters= --delimiter= --fields= --complement \
    --only-delimited \
    --output-delimiter= --zero-terminated
    """,
    "paste": "paths -d= -s -z --delimiters= --serial --zero-terminated",
    "join": """
    paths2 -a= -e= -i -j= -o= -t= -v= -1= -2= -z --check-order --nocheck-order --header --ignore-case
    """,
    "fold": "paths -# -b -s -w= --bytes --spaces --width=",
    "fmt": "paths -# -c -p= -s -t -u -w= -g= --width= --split-only --uniform-spacing --crown-margin",
    "expand": "paths -# -i -t= --initial --tabs=",
    "unexpand": "paths -a -t= --all --first-only --tabs=",
    "column": """
    paths -t -s= -o= -c= -x -N= -R= -n= --table --separator= --output-separator= --output-width=
    """,
    "tr": "text -c -C -d -s -t --complement --delete --squeeze-repeats --truncate-set1",
    "seq": "text -# -f= -s= -w --format= --separator= --equal-width",
    "md5sum": "paths -b -t -z --binary --text --tag --zero",
    "sha1sum": "paths -b -t -z --binary --text --tag --zero",
    "sha224sum": "paths -b -t -z --binary --text --tag --zero",
    "sha256sum": "paths -b -t -z --binary --text --tag --zero",
    "sha384sum": "paths -b -t -z --binary --text --tag --zero",
    "sha512sum": "paths -b -t -z --binary --text --tag --zero",
    "b2sum": "paths -b -t -z -l= --binary --text --tag --zero --length=",
    "cksum": "paths",
    "sum": "paths -r -s --sysv",
    "base64": "paths1 -d -i -w= --decode --ignore-garbage --wrap=",
    "base32": "paths1 -d -i -w= --decode --ignore-garbage --wrap=",
  ]

  /// Names that a shell runs itself; no file is looked for.
  static let builtins: Set<String> = [
    "cd", "echo", "printf", "pwd", "true", "false", ":", "test", "[", "exit", "command",
  ]

  /// Programs with a reader of their own.
  static let special: Set<String> = [
    "find", "sed", "jq", "date", "git", "xxd", "which", "awk", "gawk", "mawk",
  ]

  /// Programs that print their version when `--version` or this is their only argument.
  ///
  /// Not those that start another of their kind as files of the project say.
  static let versions: [String: String] = [
    "python3": "-V", "python": "-V", "node": "-v", "perl": "-v", "ruby": "-v", "gcc": "-dumpversion",
    "g++": "-dumpversion", "cc": "-dumpversion", "c++": "-dumpversion", "clang": "-dumpversion",
    "clang++": "-dumpversion", "make": "-v", "gmake": "-v", "cmake": "--version", "ctest": "--version",
    "ninja": "--version", "gdb": "-v", "bash": "--version", "tar": "--version",
  ]

  /// Programs that show names and numbers of files but not what is in them.
  static let showsNamesOnly: Set<String> = [
    "ls", "dir", "tree", "du", "stat", "realpath", "readlink", "basename", "dirname", "echo", "printf",
    "test",
    "[", "cd", "find",
  ]

  /// Programs that report on the machine, with all that may follow: asked about, but they change nothing.
  static let reporters: [String: String] = [
    "df": """
    paths -a -B= -h -H -i -k -l -P -T -t= -x= --all --block-size= --human-readable --si --inodes --local \
    --portability --print-type --total --type= --exclude-type= --output?
    """,
    "free": """
    none -b -k -m -g -h -w -t -l -v --bytes --kibi --mebi --gibi --human --wide --total --lohi --si
    """,
    "uptime": "none -p -s --pretty --since",
    "uname": """
    none -a -s -n -r -v -m -p -i -o --all --kernel-name --nodename --kernel-release --kernel-version \
    --machine --processor --hardware-platform --operating-system
    """,
    "whoami": "none", "arch": "none", "tty": "none -s", "hostname": "none -f -i -I -s -d -A",
    "id": "text -a -Z -g -G -n -r -u -z --group --groups --name --real --user --zero",
    "groups": "text", "nproc": "none --all --ignore=",
    "lscpu": "none -a -b -c -e? -J -p? -y --all --json",
    "lsblk": "none -a -b -d -f -i -J -l -m -n -o= -p -r -S -t --all --fs",
    "ps": """
    text -A -a -d -e -f -F -l -M -w -H -j -o= -u= -U= -p= -C= -t= -T -L -y --sort= --forest --no-headers \
    --headers --ppid= --pid=
    """,
    "w": "text -h -s -f -i -o", "who": "none -a -b -d -H -l -m -q -r -s -t -u", "users": "none",
    "last": "text -# -n= -a -d -F -i -x -w", "vmstat": "text -a -f -m -n -s -d -D -t -w",
    "pgrep": "text -a -c -l -f -n -o -u= -x -i", "lsof": "text -i? -n -P -t -p= -u= -l -w",
    "ss": "none -a -l -n -p -t -u -x -4 -6 -s -e -i -o -m -r", "printenv": "text -0",
    "lspci": "none -v -k -n -m", "lsusb": "none -v -t", "lsmod": "none", "locale": "none -a -m",
    "getconf": "text -a", "type": "text -a -t -p -P", "whereis": "text -b -m -s",
  ]
}
