#!/usr/bin/env bash
# Runs on the machine with a GPU, from the folder that build.sh made:
#
#   bash .kit/on_device.sh [STEP]…      all steps by default; results go to $OUT (/tmp/out)
#
# A step that fails or takes too long does not stop the others. Nothing is compiled, nothing is
# downloaded, and nothing outside /tmp is written. The limits add up to eleven minutes; `env quick` is
# two of them.
set -u
kit=$(cd "$(dirname "$0")" && pwd); OUT=${OUT:-/tmp/out}; mkdir -p "$OUT"
every='env quick full front sweep batches edges nash ladder variants micro ncu sanitize'
export PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 COLUMNS=120 NO_COLOR=1
# Where the kit runs twice, the cache of the first run would hide a fault of the kernels it carries.
export BUCKET_BRIGADE_CUDA_KERNELS=$kit/kernels BUCKET_BRIGADE_CUDA_CACHE= CUPY_CACHE_DIR=/tmp/bucket-brigade-cupy
for cuda in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda /opt/cuda; do
    [ -n "$cuda" ] && [ -d "$cuda/bin" ] && { PATH=$PATH:$cuda/bin; break; }
done
site=/tmp/bucket-brigade-site-$(cat "$kit"/*.whl | cksum | cut -d' ' -f1)
install() { python3 -m pip install --quiet --no-index --no-compile --no-cache-dir --target "$site" "$@"; }
if [ ! -d "$site" ]; then
    install --no-deps "$kit"/*.whl || { rm -rf "$site"; exit 1; }
    python3 -c 'import typer, rich' 2>/dev/null || install --find-links "$kit/more" typer rich
fi
export PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH} PATH=$site/bin:$PATH
# A checkout's folder of the same name has no compiled core, and must not be imported.
cd /tmp

began=$(date +%s)
step() {  # NAME SECONDS COMMAND…
    local name=$1 limit=$2; shift 2
    echo "=== $name (at $(($(date +%s) - began)) s, limit $limit s)"
    timeout -k 5 "$limit" "$@" 2>&1 | tail -n "${LINES_KEPT:-60}"
    echo "=== $name: exit ${PIPESTATUS[0]}"
}
# All but the quick one add to one report.
check() {  # NAME SECONDS FILE OPTION…
    step "$1" "$2" bucket-brigade cuda-check --commit "$(cat "$kit/commit")" --out "$OUT/$3.json" "${@:4}"
}
describe() {
    nvidia-smi
    nvidia-smi --format=csv --query-gpu=name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,power.limit,mig.mode.current,compute_mode
    command -v ncu compute-sanitizer nvcc nvdisasm
    python3 - <<'PYTHON'
import importlib.metadata as metadata
import sys

print(sys.version)
for name in ("numpy numba numba-cuda cuda-bindings cupy-cuda12x cupy-cuda13x torch jax "
             "bucket-brigade bucket-brigade-cuda").split():
    try:
        print(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        print(name, "-")
from cupy.cuda import runtime

print("driver", runtime.driverGetVersion(), "runtime", runtime.runtimeGetVersion())
for key, value in runtime.getDeviceProperties(0).items():
    if isinstance(value, int | bytes):
        print(key, value)
PYTHON
    bucket-brigade backends
}

# As users call it: a process of its own each, of which the GPU's start is a part.
front() {
    local one='bucket-brigade simulate default --lineup hero,hero,hero,hero'
    for options in '--episodes 1000 --backend cuda' '--episodes 1000000000 --backend cuda' \
            '--episodes 1000 --backend cpu' '--episodes 100000000 --backend auto'; do
        echo "$one $options"; time $one $options
    done
}

# A profiler counts the kernel that plays; what it played is printed beside.
counters=smsp__inst_executed.sum,smsp__thread_inst_executed.sum,sm__inst_executed_pipe_alu.sum
counters+=,sm__inst_executed_pipe_fma.sum,sm__inst_executed_pipe_fmaheavy.sum,sm__inst_executed_pipe_xu.sum
counters+=,sm__inst_executed_pipe_lsu.sum,sm__inst_executed_pipe_uniform.sum,sm__inst_executed_pipe_cbu.sum
counters+=,sm__inst_executed_pipe_adu.sum,l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum

for one in ${*:-$every}; do case $one in
    env) export -f describe; LINES_KEPT=200 step env 60 bash -c describe ;;
    quick) LINES_KEPT=25 check quick 60 quick --quick ;;
    full) LINES_KEPT=25 check full 120 gpu --add --measure none ;;
    sweep) LINES_KEPT=150 check sweep 100 gpu --add --no-cases --seconds 1 \
            --measure games,scenarios,kernels,residency,steps ;;
    batches) check batches 60 gpu --add --no-cases --measure batches --seconds 1 ;;
    micro) check micro 30 gpu --add --no-cases --measure instructions ;;
    edges) step edges 45 python3 "$kit/edges.py" ;;
    front) step front 60 bash -c "$(declare -f front); front" ;;
    nash) step nash 90 bash -c "time bucket-brigade nash --backend cuda --method sampled --out $OUT/nash.json" ;;
    ladder) LINES_KEPT=120 step ladder 150 env PYTHONPATH="$kit:$PYTHONPATH" JAX_PLATFORMS=cpu \
            python3 -m bench ladder --quick --no-model --json "$OUT/ladder.json" ;;
    variants) [ -d "$kit/variants" ] && step variants 45 python3 "$kit/try_variants.py" "$kit"/variants/*.cubin ;;
    ncu) step ncu 60 ncu --clock-control none --kernel-name regex:play --launch-skip 1 --launch-count 1 --set full \
            --metrics "$counters" -f -o "$OUT/play" python3 "$kit/launch_once.py"
        LINES_KEPT=250 step ncu-page 20 ncu --import "$OUT/play.ncu-rep" --page details --print-metric-name name ;;
    sanitize) for tool in memcheck racecheck; do
            step $tool 45 compute-sanitizer --tool $tool --error-exitcode 9 python3 "$kit/launch_once.py" --tiny
        done ;;
    *) echo "no step $one; there are: $every" ;;
esac; done 2>&1 | tee -a "$OUT/log.txt"
