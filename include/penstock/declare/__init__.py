"""What a dataset is: its columns, formats and expectations. Light, as DAG files import it."""
