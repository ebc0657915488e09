# Makes .venv beside this checkout from a lock, hashes required. Sourced by the commands in ops/.
#
#   bootstrap runtime|dev    run it from the root of the checkout; the dev lock holds the runtime lock
#
# Needs python3.11 only. Says nothing when there is nothing to do; whatever it says goes to standard
# error, so that a command's `--json` keeps standard output for itself. A stamp in .venv holds the
# digest of all that the environment was made from: same digest, nothing to do.

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

is_debian_root() { [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; }

# Installs Debian packages, announced first. Arguments: the reason, then the packages.
debian_install() {
    local why=$1 output; shift
    is_debian_root || die "$why. Install: $*"
    say "$why: installing $* with apt-get ..."
    output=$({
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update && apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
    } 2>&1 </dev/null) || die "apt-get failed: $output"
}

find_python() {
    local candidate
    for candidate in "${RENKEI_PYTHON:-}" python3.11 python3 /usr/bin/python3; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "Python 3.11 not found. Install it, or name one in RENKEI_PYTHON."
}

# Digest of what an environment is made from: interpreter, project file, lock. Argument: the lock.
stamp_of() {
    { .venv/bin/python -VV; cat pyproject.toml "$1"; } | sha256sum | cut -d' ' -f1
}

lock_of() {
    case $1 in
        runtime) echo ops/requirements.lock ;;
        dev) echo ops/requirements-dev.lock ;;
        *) die "bootstrap: unknown profile $1" ;;
    esac
}

# A copied or moved checkout carries scripts that point to the old place.
is_at_home() { [ "$(cat .venv/.renkei-home 2>/dev/null)" = "$PWD" ]; }

is_current() {
    is_at_home && [ "$(cat ".venv/.renkei-$1" 2>/dev/null)" = "$(stamp_of "$(lock_of "$1")")" ]
}

pip_install() {
    .venv/bin/python -m pip -qq --no-input --disable-pip-version-check \
        install --no-warn-script-location "$@" >&2
}

bootstrap() {
    local profile=$1 python
    lock_of "$profile" >/dev/null
    exec 8<ops/lib/bootstrap.sh # two commands started together must not build one environment
    flock 8
    if ! is_current "$profile"; then
        say "setting up .venv ($profile) ..."
        rm -f .venv/.renkei-runtime .venv/.renkei-dev
        if ! is_at_home; then
            python=$(find_python)
            "$python" -c 'import ensurepip, venv' 2>/dev/null ||
                debian_install "this Python cannot make environments" python3-venv
            "$python" -m venv --clear .venv >&2
            printf '%s' "$PWD" >.venv/.renkei-home
        fi
        pip_install --require-hashes -r "$(lock_of "$profile")"
        pip_install --no-build-isolation --no-deps -e .
        stamp_of "$(lock_of "$profile")" >".venv/.renkei-$profile"
        # The dev lock holds every pin of the runtime lock.
        [ "$profile" = runtime ] || stamp_of "$(lock_of runtime)" >.venv/.renkei-runtime
    fi
    exec 8<&-
}
