#!/usr/bin/env bash
# Makes a folder that takes the project to a machine with a GPU and no network: wheels, kernels
# compiled for it, and the scripts to run there (docs/cuda.md, "A kit for a machine without network").
#
#   bash gpu/kit/build.sh KIT [--quick] [--arch sm_90]… [--variants FOLDER]
#
# --quick     only the kernels that `cuda-check --quick` plays
# --arch      what to compile for; sm_90 by default
# --variants  CUDA C++ sources of the kernel `play` to compile too (needs nvcc in the environment)
#
# Needs an environment with the extra `compile` (`make gpu-setup`): .venv, or the interpreter that
# KIT_PYTHON names; and cargo, unless KIT_WHEEL names a wheel of bucket-brigade.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); project=$(cd "$here/../.." && pwd)
usage() { sed -n '5,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }

kit='' variants='' quick=() archs=()
while [ $# -gt 0 ]; do case $1 in
    --quick) quick=(--quick) ;;
    --arch) [ $# -ge 2 ] || usage; archs+=("$2"); shift ;;
    --variants) [ $# -ge 2 ] || usage; variants=$(cd "$2" && pwd); shift ;;
    -*) usage ;;
    *) [ -z "$kit" ] || usage; kit=$1 ;;
esac; shift; done
[ -n "$kit" ] || usage
[ ${#archs[@]} -gt 0 ] || archs=(sm_90)
mkdir -p "$kit"; kit=$(cd "$kit" && pwd)
python=${KIT_PYTHON:-$project/.venv/bin/python}
# Not as it was named: it is run from another folder too.
python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python")

echo "wheels"
rm -rf "$kit"/*.whl "$kit/more"
if [ -n "${KIT_WHEEL:-}" ]; then cp "$KIT_WHEEL" "$kit/"
else "$python" -m pip wheel --quiet --no-deps --wheel-dir "$kit" "$project"; fi
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$kit" "$project/gpu"
rm -rf "$project/gpu/build" "$project"/gpu/*.egg-info

# For machines that have neither; the rest that is needed comes with CuPy. Later versions of Typer
# need compiled wheels, which are for one version of Python.
"$python" -m pip download --quiet --only-binary :all: --dest "$kit/more" 'typer>=0.15,<0.20' rich

echo "kernels for ${archs[*]}"
rm -rf "$kit/kernels"
# What was compiled before for the same sources is taken from the cache.
(cd "$kit" && "$python" -P -m bucket_brigade_cuda cuda-compile --out "$kit/kernels" \
    "${quick[@]}" "${archs[@]/#/--arch=}")

rm -rf "$kit/variants"
if [ -n "$variants" ]; then
    echo "variants"
    mkdir "$kit/variants"
    cuda=$("$python" -c 'import nvidia; print(list(nvidia.__path__)[0])')/cu13
    chmod +x "$cuda"/bin/* "$cuda"/nvvm/bin/* 2>/dev/null || true
    for source in "$variants"/*.cu; do
        # Each line "// options: TAG OPTION…" makes one, NAME-TAG.
        sed -n 's|^// options: ||p' "$source" | while read -r tag options; do
            name=$(basename "$source" .cu)-$tag
            # shellcheck disable=SC2086  # several options
            PATH=$cuda/bin:$PATH nvcc -arch="${archs[0]}" -cubin -O3 $options \
                -o "$kit/variants/$name.cubin" "$source"
            echo "  $name"
        done
    done
fi

rm -rf "$kit/bench"
cp -r "$project/bench" "$kit/"
cp "$here"/{on_device.sh,launch_once.py,edges.py,try_variants.py} "$kit/"
commit=$(git -C "$project" rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$project" status --porcelain 2>/dev/null)" ] || commit=$commit-changed
echo "$commit" > "$kit/commit"
du -sh "$kit"
