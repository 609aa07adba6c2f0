/** Cuts a wait short, also one that begins after it was told. */
export class Waker {
  private told = false;
  private wake: () => void = () => {};

  tell(): void {
    this.told = true;
    this.wake();
  }

  /** Until it is told, or for so long. */
  async wait(ms: number): Promise<void> {
    if (!this.told) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, ms);
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    this.told = false;
  }
}
