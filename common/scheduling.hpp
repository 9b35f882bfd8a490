#pragma once

namespace factory {

/// Has the calling thread work in long pieces that anybody who wakes up may interrupt: its share of
/// the processor stays a fair one, and those who wait for an answer do not wait for the end of its
/// slice (sched_setattr(2): the runtime of SCHED_OTHER, since Linux 6.12; nothing before).
void work_in_long_slices();

}  // namespace factory
