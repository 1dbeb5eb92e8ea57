"""(f) Ray Tune as (c), but with TensorFlow's own thread pools: as it is mostly written."""

from benchmarks.contestants.ray_tune import main

if __name__ == "__main__":
    main(one_thread=False)
