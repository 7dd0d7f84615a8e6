/** What was moved to the trash, and when it will be gone. */
export function TrashView() {
  return <p>The trash is empty.</p>;
}
