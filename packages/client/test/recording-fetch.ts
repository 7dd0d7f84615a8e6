/** A `fetch` that records the statuses of its answers, and loses an answer of the service when the test wants it. */
export function recordingFetch() {
  const statuses: number[] = [];
  let losing = 0;
  const recording: typeof fetch = async (...request) => {
    const answer = await fetch(...request);
    statuses.push(answer.status);
    if (losing === 0) return answer;
    losing -= 1;
    await answer.body?.cancel();
    throw new TypeError('fetch failed');
  };
  return {
    fetch: recording,
    statuses,
    /** The service gets the next requests, and the client gets no answer to them. */
    loseNext(count = 1): void {
      losing = count;
    },
  };
}
