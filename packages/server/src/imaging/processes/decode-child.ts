import { writeFileSync } from 'node:fs';
import { factsOrNothing } from '../facts/read-facts.ts';
import { inspect } from '../inspect/inspect.ts';
import { restrictDecoder } from '../open-picture.ts';
import { render } from '../render/render.ts';
import type { DecodeJob } from './decode-job.ts';
import { serveJobs } from './serve-jobs.ts';

/** If memory runs out, the kernel must kill a decoder rather than the service (Linux, proc_pid_oom_score_adj(5)). */
function volunteerForOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {} // other systems, or a sandbox without it: the kernel chooses by its default
}

volunteerForOutOfMemory();
restrictDecoder();
serveJobs<DecodeJob>(async (job, send) => {
  switch (job.kind) {
    case 'inspect':
      return inspect(job);
    case 'facts':
      return factsOrNothing(job);
    case 'render':
      return render(job, send);
  }
});
