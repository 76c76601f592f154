# SPDX-License-Identifier: Apache-2.0
"""The command line, completed by real shells with what "autoreg completion" prints."""

import os
import pathlib
import shutil
import subprocess
import unittest

import harness

STATES = {"refused", "held", "queued", "submitted", "registered", "ready", "claimed", "failed"}
BASH_COMPLETION = pathlib.Path("/usr/share/bash-completion/bash_completion")

# (the words, the last of which is to be completed; what has to be offered; what must not be)
CASES = (
    (["ch"], {"check"}, {"convert"}),
    ([""], {"check", "version"}, {"granted"}),
    (["devices", "--state", ""], STATES, {"check", "--state"}),
    (["devices", "--st"], {"--state"}, {"--serial"}),
    (["--config", "a.csv", "config", "s"], {"show", "schema"}, {"check"}),
    (["completion", ""], {"bash", "zsh", "fish"}, {"check"}),
    (["convert", "--to", "p"], {"partner-center"}, {"intune"}),
    (["consent", "l"], {"list", "link"}, {"check"}),
    (["check", "a."], {"a.csv"}, set()),
    (["events", "--kind", "login_d"], {"login_done"}, {"login_lost"}),
    (["doctor", "--js"], {"--json"}, {"--quiet"}),
)

ZSH = r"""
zmodload zsh/zpty
zpty shell 'zsh -f -i'
take() { local piece; REPLY=; while zpty -r shell piece "*$1*"; do REPLY+=$piece; [[ $REPLY == *$1* ]] && return; done }
zpty -w shell "PS1= PS2= RPS1=; fpath=($FOLDER \$fpath); autoload -Uz compinit; compinit -u -d $FOLDER/dump"
zpty -w shell "stty -echo; zstyle ':completion:*' menu no; setopt no_beep; LISTMAX=10000"
zpty -w shell "grab() { zle list-choices 2>/dev/null; }"
zpty -w shell "_main_wrap() { compadd() { local -a got; builtin compadd -O got \"\$@\" 2>/dev/null; print -rl -- OFFER:\${^got} >> $FOLDER/out; builtin compadd \"\$@\"; }; _main_complete \"\$@\"; print END >> $FOLDER/out }"
zpty -w shell "zle -C grab list-choices _main_wrap; bindkey '^I' grab; print RE''ADY"
take READY
zpty -n -w shell "$LINE"$'\t'
for n in {1..200}; do grep -qs END $FOLDER/out && break; sleep 0.05; done
zpty -d shell
"""


def need(program):
    if not shutil.which(program):
        raise unittest.SkipTest(f"there is no {program}")


class Completion(harness.Case):
    def setUp(self):
        super().setUp()
        self.write("a.csv", "x")

    def script(self, shell, name):
        done = self.autoreg("completion", shell)
        self.assertEqual((done.code, done.err), (0, ""))
        return self.write(name, done.out)

    def shell(self, argv, **environment):
        folder = os.path.dirname(harness.PROGRAM)
        done = subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False,
                              env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}",
                                   "HOME": str(self.folder), **environment})
        self.assertEqual(done.stderr, "")
        return done.stdout

    def offers(self, complete):
        for words, wanted, unwanted in CASES:
            with self.subTest(words):
                offered = complete(words)
                self.assertLessEqual(wanted, offered)
                self.assertFalse(unwanted & offered)

    def bash(self, words, before=""):
        return set(self.shell(["bash", "--norc", "-c", f"""
            {before}
            source ./autoreg.bash
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _autoreg autoreg "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
            printf '%s\\n' "${{COMPREPLY[@]}}"
            """, "bash", "autoreg", *words]).split())

    def test_bash(self):
        need("bash")
        self.script("bash", "autoreg.bash")
        self.offers(self.bash)

    def test_bash_with_bash_completion(self):
        need("bash")
        if not BASH_COMPLETION.exists():
            self.skipTest("there is no bash-completion")
        self.script("bash", "autoreg.bash")
        self.offers(lambda words: self.bash(words, f"source {BASH_COMPLETION}"))

    @harness.on_a_terminal
    def test_zsh(self):
        need("zsh")
        self.script("zsh", "_autoreg")

        def complete(words):
            out = self.folder / "out"
            out.unlink(missing_ok=True)
            self.shell(["zsh", "-f", "-c", ZSH], FOLDER=str(self.folder), TERM="dumb",
                       LINE=" ".join(["autoreg", *words]))
            offered = out.read_text(encoding="utf-8").splitlines()
            self.assertIn("END", offered)
            return {line.removeprefix("OFFER:").rstrip() for line in offered}

        self.offers(complete)

    def test_fish(self):
        need("fish")
        self.script("fish", "autoreg.fish")

        def complete(words):
            out = self.shell(["fish", "--no-config", "-c",
                              'source ./autoreg.fish; complete -C "$argv"',
                              "autoreg", *words])
            return {line.split("\t")[0] for line in out.splitlines()}

        self.offers(complete)

    def test_another_shell(self):
        done = self.autoreg("completion", "tcsh")
        self.assertEqual(done.code, 2)
        self.assertIn("bash, zsh and fish", done.err)


if __name__ == "__main__":
    unittest.main()
