"""What everybody speaks: results, places, codes and errors; it imports nothing of ours from above."""
