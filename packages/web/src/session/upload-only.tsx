import style from './doorway.module.css';

/** For those who may add pictures, and see none. */
export function UploadOnly() {
  return (
    <section className={style['note']}>
      <h2>You can add pictures here</h2>
      <p>
        Drop them anywhere, or choose Upload. They arrive where they belong; this sign-in is for adding pictures, so it
        doesn't show any.
      </p>
    </section>
  );
}
