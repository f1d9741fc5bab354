"""What people have laid down for a hub, as a document that can be kept, compared and laid down again."""
