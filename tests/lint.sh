#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What tools say of the tree without running it: shellcheck, flake8, clang-format, clang-tidy.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck source=deploy/progress.sh
. deploy/progress.sh

usage() {
  cat <<'END'
usage: tests/lint.sh [--fix] [--all] [--base REVISION] [--build FOLDER]

Checks the tree with four tools, each with its own settings, and says what every one of them found:

  shellcheck    all shell scripts
  flake8        all Python files                                             (.flake8)
  clang-format  all C++ files, once the tree is formatted: --fix formats it  (.clang-format)
  clang-tidy    files of src/ that were changed since REVISION, with those that include them   (.clang-tidy)

A tool that is not installed is left out with a note; `deploy/install.sh lint` installs all of them. 0 is the exit status
if no tool found anything.

  --fix              let clang-format and clang-tidy mend what they can
  --all              clang-tidy looks at all of src/, which takes some minutes
  --base REVISION    what changes are counted from: where this branch left REVISION (origin/main, or main)
  --help             this text
END
}

fix='' all='' base=''
while [ $# -gt 0 ]; do
  case $1 in
    --fix) fix=yes ;;
    --all) all=yes ;;
    --base) [ $# -gt 1 ] || die "--base needs a revision"; base=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option: $1" ;;
  esac
  shift
done

found=()
have() {
  command -v "$1" >/dev/null || { echo "--      $1: not installed, left out (deploy/install.sh lint)"; return 1; }
}
check() { # NAME WHAT COMMAND…
  local name=$1 what=$2 begun=$SECONDS output status=0
  shift 2
  output=$("$@" 2>&1) || status=$?
  if [ "$status" = 0 ]; then
    echo "ok      $name: $what ($((SECONDS - begun)) s)"
  else
    echo "FAILED  $name: $what ($((SECONDS - begun)) s)"
    printf '%s\n' "$output"
    found+=("$name")
  fi
}

# Files that git knows, or would if they were added; outside a checkout, all that are there.
files() { # REGULAR-EXPRESSION
  { git ls-files --cached --others --exclude-standard 2>/dev/null || find . -type f -printf '%P\n'; } |
    grep -vE '^(\.git|build|deploy/demo/state)/|/node_modules/' | grep -E "$1" | sort -u |
    while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}
scripts() { # also those without .sh
  {
    files '\.sh$'
    files . | xargs -d '\n' awk 'FNR == 1 { if (/^#!.*[\/ ](ba|da)?sh$/) print FILENAME; nextfile }'
  } | sort -u
}

if have shellcheck; then
  mapfile -t chosen < <(scripts)
  check shellcheck "${#chosen[@]} scripts" shellcheck --external-sources --source-path=. "${chosen[@]}"
fi

if have flake8; then
  mapfile -t chosen < <(files '\.py$')
  check flake8 "${#chosen[@]} files" flake8 "${chosen[@]}"
fi

# --- clang's two tools: what they say differs from version to version; the tree follows Debian 12's ------------------

llvm=14
formatted='' # yes, once clang-format has written the tree; until then it is not asked

have_llvm() {
  have "$1" || return 1
  local version
  version=$("$1" --version | grep -oE 'version [0-9]+' | tail -n 1)
  [ "$version" = "version $llvm" ] || { echo "--      $1: is $version, left out; the tree follows version $llvm"; return 1; }
}

if [ -n "$formatted" ] && have_llvm clang-format; then
  mapfile -t chosen < <(files '\.[ch]pp$')
  if [ -n "$fix" ]; then clang-format -i "${chosen[@]}"; fi
  check clang-format "${#chosen[@]} files" clang-format --dry-run --Werror "${chosen[@]}"
fi

# The .cpp files of src/ that were changed since the base, and those that include a header that was.
changed_sources() {
  local since file
  since=$(git merge-base HEAD "$base")
  { git diff --name-only "$since" -- src; git ls-files --others --exclude-standard -- src; } | while read -r file; do
    case $file in
      *.cpp) echo "$file" ;;
      *.hpp) grep -rlF --include='*.cpp' "#include \"${file#src/}\"" src || true ;;
    esac
  done | sort -u | while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}

# shellcheck disable=SC2317 # check runs it
tidy() {
  # A build folder of its own, never built: clang cannot read the precompiled headers of another compiler.
  cmake -S . -B build/lint -G Ninja -DXES_TESTS=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >build/lint.out 2>&1 ||
    { cat build/lint.out; return 1; }
  # The compiler's own warnings are the build's business, and some of GCC's options are not clang's.
  local at_once
  at_once=$(nproc)
  [ -z "$fix" ] || at_once=1 # two that mend the same header would spoil it
  printf '%s\0' "$@" | nice xargs -0 -n 1 -P "$at_once" \
    clang-tidy -p build/lint --quiet --warnings-as-errors='*' --extra-arg=-Wno-everything ${fix:+--fix} 2>/dev/null
}

if [ -z "$base" ]; then
  for base in origin/main main ''; do if git rev-parse -q --verify "$base^{commit}" >/dev/null 2>&1; then break; fi; done
fi
if have_llvm clang-tidy; then
  chosen=()
  [ -z "$all" ] || base=''
  if [ -z "$base" ]; then mapfile -t chosen < <(files '^src/.*\.cpp$')
  else mapfile -t chosen < <(changed_sources)
  fi
  if [ ${#chosen[@]} = 0 ]; then
    echo "ok      clang-tidy: nothing changed in src/ since $base (--all looks at all of it)"
  else
    mkdir -p build
    check clang-tidy "${#chosen[@]} files${base:+ (changed since $base)}" tidy "${chosen[@]}"
  fi
fi

[ ${#found[@]} -eq 0 ] && exit 0
echo "==> FAILED: ${found[*]}" >&2
exit 1
