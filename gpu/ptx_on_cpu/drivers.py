"""C programs around a translated kernel: they run its threads or warps, block after block."""

__all__ = ["CASE", "CASE_GOES", "CASE_WAITS", "THREADS_DRIVER", "WARPS_DRIVER"]

THREADS_DRIVER = """
u32 run(const Launch *launch, u32 first, u32 end, u64 *executions, u64 *lanes, Fault *fault) {
    u8 *shared = aligned_alloc(128, (launch->shared_bytes / 128 + 1) * 128);
    u32 state = 0;
    for (u32 block = first; block < end && state != FAULTED; block++) {
        Group group = {launch, shared, block, fault};
        memset(shared, GARBAGE, launch->shared_bytes);
        for (u32 tid = 0; tid < launch->threads && state != FAULTED; tid++)
            state = thread(&group, tid);
    }
    free(shared);
    return state == FAULTED;
}
"""

WARPS_DRIVER = """
static u32 step(const Group *g, Warp *w, u32 low, u32 mask) {
    u32 state = 0;
    switch (low) {
%(cases)s
    }
    return 0;
}
static u32 run_warp(const Group *g, Warp *w, u64 *executions, u64 *lanes) {
    for (;;) {
        u32 low = DONE, rank = DONE, mask = 0;
        for (int l = 0; l < 32; l++)
            if (w->pc[l] != DONE && RANK[w->pc[l]] < rank) low = w->pc[l], rank = RANK[low];
        if (low == DONE) return 0;
        for (int l = 0; l < 32; l++) mask |= (u32)(w->pc[l] == low) << l;
        executions[low]++;
        lanes[low] += __builtin_popcount(mask);
        if (step(g, w, low, mask) == FAULTED) return FAULTED;
    }
}
static u32 run_group(const Group *g, Warp *warps, u32 count, u64 *executions, u64 *lanes) {
    u32 threads = g->launch->threads;
    memset(warps, GARBAGE, count * sizeof(Warp));
    memset(g->shared, GARBAGE, g->launch->shared_bytes);
    for (u32 i = 0; i < count; i++) {
        warps[i].first = 32 * i;
        warps[i].waiting = 0;
        for (u32 l = 0; l < 32; l++) warps[i].pc[l] = 32 * i + l < threads ? 0 : DONE;
    }
    for (;;) {
        u32 waiting = 0, barrier = DONE;
        for (u32 i = 0; i < count; i++)
            if (run_warp(g, warps + i, executions, lanes) == FAULTED) return FAULTED;
        for (u32 i = 0; i < count; i++)
            for (u32 m = warps[i].waiting; m; m &= m - 1) {
                u32 l = __builtin_ctz(m), at = warps[i].resume[l];
                if (barrier == DONE) barrier = at;
                if (at != barrier) return report(g, 2, DONE, 32 * i + l, at);
                waiting++;
            }
        if (waiting == 0) return 0;
        if (waiting != threads) return report(g, 2, DONE, DONE, barrier);
        for (u32 i = 0; i < count; i++)
            for (; warps[i].waiting; warps[i].waiting &= warps[i].waiting - 1)
                warps[i].pc[__builtin_ctz(warps[i].waiting)] = barrier;
    }
}
u32 run(const Launch *launch, u32 first, u32 end, u64 *executions, u64 *lanes, Fault *fault) {
    u32 count = (launch->threads + 31) / 32, state = 0;
    u8 *shared = aligned_alloc(128, (launch->shared_bytes / 128 + 1) * 128);
    Warp *warps = aligned_alloc(128, (count * sizeof(Warp) / 128 + 1) * 128);
    for (u32 block = first; block < end && state != FAULTED; block++) {
        Group group = {launch, shared, block, fault};
        state = run_group(&group, warps, count, executions, lanes);
    }
    free(warps);
    free(shared);
    return state == FAULTED;
}
"""

CASE = """    case {0}:
        for (u32 m = mask; m; m &= m - 1) {{
            u32 l = __builtin_ctz(m);
            if ((state = block_{0}(g, w, l)) == FAULTED) return FAULTED;
            {1}
        }}
        return 0;"""
CASE_GOES = "w->pc[l] = state;"
CASE_WAITS = "w->pc[l] = DONE; w->resume[l] = state; w->waiting |= 1u << l;"
