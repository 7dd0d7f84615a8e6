/** The grid of all pictures. */
export function PhotosView() {
  return <p>No pictures yet.</p>;
}
